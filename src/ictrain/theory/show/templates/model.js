// The three-scalar model, as ictrain.theory.model computes it. Nothing here touches the page.
// scalars: [alpha, beta, gamma]. test: {similarities: [n][k], labels: [n][k], near: [n] of "010...",
// y: [n], estimate: [n]}.

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function logits(scalars, similarities) {
  const [alpha, beta, gamma] = scalars;
  const examples = similarities.map((s) => alpha * s + beta);
  return [...examples, gamma * mean(similarities) + beta, 0];
}

function softmax(values) {
  const top = Math.max(...values);
  const powers = values.map((value) => Math.exp(value - top));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}

// One sequence: where attention goes, [near, far, EOC, self], and the squared error.
function look(scalars, test, i) {
  const labels = test.labels[i];
  const k = labels.length;
  const attention = softmax(logits(scalars, test.similarities[i]));
  const values = [...labels, mean(labels), test.estimate[i]];
  const prediction = attention.reduce((sum, a, m) => sum + a * values[m], 0);
  const masses = [0, 0, attention[k], attention[k + 1]];
  for (let m = 0; m < k; m += 1) {
    masses[test.near[i][m] === "1" ? 0 : 1] += attention[m];
  }
  return { masses, loss: (prediction - test.y[i]) ** 2 };
}

// All sequences of a test: mean masses and mean loss.
function evaluate(scalars, test) {
  const seen = test.y.map((_, i) => look(scalars, test, i));
  return {
    masses: [0, 1, 2, 3].map((m) => mean(seen.map((one) => one.masses[m]))),
    loss: mean(seen.map((one) => one.loss)),
  };
}

// What always reading oneself, the average label, or one near label would cost (null: none is near).
function references(test) {
  const away = (value, i) => (value - test.y[i]) ** 2;
  const near = test.labels.flatMap((labels, i) =>
    labels.filter((_, m) => test.near[i][m] === "1").map((label) => away(label, i)));
  return {
    self: mean(test.estimate.map(away)),
    average: mean(test.labels.map((labels, i) => away(mean(labels), i))),
    near: near.length ? mean(near) : null,
  };
}

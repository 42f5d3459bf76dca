// The interactive part: sliders, boxes, buttons and bars around model.js.
(() => {
  const data = JSON.parse(document.getElementById("sample").textContent);
  const NAMES = ["alpha", "beta", "gamma"];
  const WHERE = ["near", "far", "EOC", "self"];
  const [LOW, HIGH] = [1e-4, 10];
  const root = document.getElementById("play");
  const find = (name) => root.querySelector(`[data-is="${name}"]`);
  const known = data.tests.map(references);
  let scalars = [0, 0, 0];

  const short = (value) => value.toPrecision(3);
  const percent = (share) => `${(100 * share).toFixed(0)} %`;
  const place = (loss) => {
    const share = Math.log(loss / LOW) / Math.log(HIGH / LOW);
    return `${100 * Math.min(1, Math.max(0, share))}%`;
  };

  function showMasses(test, masses) {
    masses.forEach((mass, m) => {
      find(`${test.name}-bar-${m}`).style.width = `${100 * mass}%`;
      find(`${test.name}-mass-${m}`).textContent = percent(mass);
    });
    const words = masses.map((mass, m) => `${WHERE[m]} ${percent(mass)}`).join(", ");
    find(`${test.name}-bars`).setAttribute("aria-label", words);
  }

  function showLoss(test, found, known) {
    find(`${test.name}-loss`).textContent = short(found.loss);
    find(`${test.name}-times`).textContent = `${short(found.loss / known.self)} × ε`;
    find(`${test.name}-dot`).style.left = place(found.loss);
    return `${test.title} ${short(found.loss)}`;
  }

  function show(announce) {
    const words = data.tests.map((test, i) => {
      const found = evaluate(scalars, test);
      showMasses(test, found.masses);
      return showLoss(test, found, known[i]);
    });
    data.presets.forEach((preset) => {
      const same = preset.scalars.every((value, i) => value === scalars[i]);
      find(`preset-${preset.name}`).setAttribute("aria-pressed", same);
    });
    find("reset").setAttribute("aria-pressed", scalars.every((value) => value === 0));
    find("link").href = `#a=${scalars[0]},b=${scalars[1]},c=${scalars[2]}`;
    if (announce) find("said").textContent = `Loss: ${words.join(", ")}.`;
  }

  function set(values, announce, except) {
    scalars = values;
    NAMES.forEach((name, i) => {
      [`${name}-slider`, `${name}-box`].forEach((which) => {
        const control = find(which);
        if (control !== except) control.value = values[i];
      });
    });
    show(announce);
  }

  function listen(name, i) {
    [`${name}-slider`, `${name}-box`].forEach((which) => {
      const control = find(which);
      const read = (announce) => {
        const value = control.valueAsNumber;
        if (Number.isFinite(value)) set(scalars.map((old, j) => (j === i ? value : old)), announce, control);
      };
      control.addEventListener("input", () => read(false));
      control.addEventListener("change", () => read(true));
    });
  }

  function fromAddress() {
    const found = /^#a=([^,]+),b=([^,]+),c=([^,]+)$/.exec(window.location.hash);
    const values = found && found.slice(1).map(Number);
    if (values && values.every(Number.isFinite)) set(values, true);
  }

  function tick(test, which, loss, words) {
    const mark = find(`${test.name}-${which}`);
    mark.hidden = loss === null;
    find(`${test.name}-${which}-words`).hidden = loss === null;
    if (loss === null) return;
    mark.style.left = place(loss);
    find(`${test.name}-${which}-words`).textContent = `${words} ${short(loss)}`;
  }

  data.tests.forEach((test, i) => {
    tick(test, "self", known[i].self, "self alone (ε):");
    tick(test, "near", known[i].near, "one near label:");
    tick(test, "average", known[i].average, "average label:");
  });
  NAMES.forEach(listen);
  data.presets.forEach((preset) => {
    find(`preset-${preset.name}`).addEventListener("click", () => set(preset.scalars, true));
  });
  find("reset").addEventListener("click", () => set([0, 0, 0], true));
  window.addEventListener("hashchange", fromAddress);
  root.classList.add("ready");
  set(scalars, false);
  fromAddress();
})();

"""What staff ask and the SQL that answers it: wordings and places for values from the database.

Wordings of one kind and neighbouring kinds make near neighbours of every grade: the same wording
with another value; another wording of the same; another column of the same table; another table.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

import numpy as np

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
PRICES = (300, 400, 500, 800, 1000, 1200, 1500, 2000, 2500, 3000)

_QUERIES = {
    "bike": "SELECT bike FROM bikes ORDER BY bike",
    "brand": "SELECT DISTINCT brand FROM bikes ORDER BY brand",
    "kind": "SELECT DISTINCT kind FROM bikes ORDER BY kind",
    "customer": "SELECT customer FROM customers ORDER BY customer",
    "city": "SELECT DISTINCT city FROM customers ORDER BY city",
    "job": "SELECT DISTINCT job FROM repairs ORDER BY job",
}


@dataclass(frozen=True)
class Kind:
    """One kind of question.

    Attributes:
        weight: how often it is asked, relative to the others.
        sql: the answer; {month} becomes 2025-03, {Month} in a wording March.
        wordings: ways to ask, without what may stand before or behind them.
    """

    weight: float
    sql: str
    wordings: tuple[str, ...]

    def ask(self, draw: np.random.Generator, connection: sqlite3.Connection) -> tuple[str, str]:
        """A question with values from the database, and its SQL."""
        values = _values(draw, connection)
        wording = self.wordings[int(draw.integers(len(self.wordings)))]
        return wording.format(**values), self.sql.format(**values)


def dressed(question: str, draw: np.random.Generator) -> str:
    """The question as somebody in a hurry, or in no hurry, would type it."""
    if draw.random() < 0.15:
        question = f"{('please tell me', 'quick question:')[int(draw.integers(2))]} {question}"
    return f"{question}?" if draw.random() < 0.5 else question


def _values(draw: np.random.Generator, connection: sqlite3.Connection) -> dict[str, str]:
    """One value for every place that a question may have."""
    values = {}
    for name, query in _QUERIES.items():
        found = [row[0] for row in connection.execute(query)]
        values[name] = found[int(draw.integers(len(found)))]
    month = int(draw.integers(12))
    values |= {"Month": MONTHS[month], "month": f"2025-{month + 1:02d}"}
    return values | {"price": str(PRICES[int(draw.integers(len(PRICES)))])}


EARLY = [
    Kind(3, "SELECT price FROM bikes WHERE bike = '{bike}'",
         ("what does the {bike} cost", "price of the {bike}", "how much is the {bike}",
          "how expensive is the {bike}")),
    Kind(3, "SELECT stock FROM bikes WHERE bike = '{bike}'",
         ("how many {bike} do we have", "stock of the {bike}",
          "how many pieces of the {bike} are left",
          "do we have the {bike} in stock")),
    Kind(2, "SELECT weight FROM bikes WHERE bike = '{bike}'",
         ("how heavy is the {bike}", "weight of the {bike}", "what does the {bike} weigh")),
    Kind(2, "SELECT brand FROM bikes WHERE bike = '{bike}'",
         ("who makes the {bike}", "brand of the {bike}", "which brand is the {bike}")),
    Kind(2, "SELECT bike FROM bikes WHERE kind = '{kind}'",
         ("which {kind} bikes do we sell", "list all {kind} bikes", "names of our {kind} bikes")),
    Kind(2, "SELECT bike FROM bikes WHERE brand = '{brand}'",
         ("which bikes does {brand} make", "list all bikes by {brand}",
          "what do we sell from {brand}")),
    Kind(3, "SELECT bike FROM bikes WHERE kind = '{kind}' AND price < {price}",
         ("which {kind} bikes cost less than {price}", "{kind} bikes under {price} euros",
          "list the {kind} bikes below {price}")),
    Kind(2, "SELECT count(*) FROM bikes WHERE brand = '{brand}' AND price < {price}",
         ("how many bikes by {brand} cost less than {price}",
          "number of {brand} bikes under {price} euros")),
    Kind(2, "SELECT count(*) FROM bikes WHERE kind = '{kind}'",
         ("how many {kind} bikes are there", "number of {kind} bikes", "count the {kind} bikes")),
    Kind(2, "SELECT bike FROM bikes WHERE kind = '{kind}' ORDER BY price DESC LIMIT 1",
         ("what is our most expensive {kind} bike", "the dearest {kind} bike")),
    Kind(2, "SELECT bike FROM bikes WHERE brand = '{brand}' ORDER BY price LIMIT 1",
         ("what is the cheapest bike by {brand}", "the cheapest {brand}")),
    Kind(1, "SELECT avg(price) FROM bikes WHERE brand = '{brand}'",
         ("average price of {brand}", "what does a bike by {brand} cost on average")),
    Kind(2, "SELECT bike FROM bikes WHERE kind = '{kind}' AND stock = 0",
         ("which {kind} bikes are sold out", "sold out {kind} bikes",
          "list {kind} bikes that are sold out")),
    Kind(2, "SELECT bike FROM bikes WHERE brand = '{brand}' AND stock = 0",
         ("which bikes by {brand} are sold out", "sold out bikes from {brand}")),
    Kind(2, "SELECT city FROM customers WHERE customer = '{customer}'",
         ("where does {customer} live", "city of {customer}", "which city is {customer} from")),
    Kind(1.5, "SELECT since FROM customers WHERE customer = '{customer}'",
         ("since when is {customer} a customer", "when did {customer} become a customer")),
    Kind(1.5, "SELECT count(*) FROM customers WHERE city = '{city}'",
         ("how many customers live in {city}", "number of customers from {city}")),
    Kind(1.5, "SELECT customer FROM customers WHERE city = '{city}'",
         ("who lives in {city}", "list our customers in {city}",
          "which customers are from {city}")),
    Kind(2, "SELECT count(*) FROM orders WHERE customer = '{customer}'",
         ("how many orders did {customer} place", "number of orders by {customer}")),
    Kind(2, "SELECT bike FROM orders WHERE customer = '{customer}' AND state = 'open'",
         ("which orders of {customer} are open", "open orders of {customer}",
          "what is {customer} still waiting for")),
    Kind(2, "SELECT customer FROM orders WHERE bike = '{bike}'",
         ("who ordered the {bike}", "which customers bought the {bike}", "buyers of the {bike}")),
    Kind(2, "SELECT sum(pieces) FROM orders WHERE bike = '{bike}'",
         ("how many {bike} did we sell", "pieces of the {bike} sold",
          "how often was the {bike} sold")),
    Kind(2, "SELECT count(*) FROM orders WHERE day LIKE '{month}%'",
         ("how many orders came in {Month}", "number of orders in {Month}")),
    Kind(1.5, "SELECT bike FROM orders WHERE customer = '{customer}' ORDER BY day DESC LIMIT 1",
         ("what did {customer} order last", "latest order by {customer}")),
    Kind(2, "SELECT sum(pieces * price) FROM orders JOIN bikes USING (bike) "
         "WHERE brand = '{brand}'",
         ("revenue with {brand}", "how much money did we make with {brand}")),
    Kind(2, "SELECT count(*) FROM orders JOIN customers USING (customer) "
         "WHERE city = '{city}'",
         ("how many orders came from {city}", "number of orders by customers in {city}")),
    Kind(2, "SELECT sum(cost) FROM repairs WHERE bike = '{bike}'",
         ("what did repairs of the {bike} cost", "repair costs of the {bike}")),
    Kind(1.5, "SELECT count(*) FROM repairs WHERE job = '{job}'",
         ("how many times did we do a {job}", "number of repairs with {job}")),
    Kind(1.5, "SELECT avg(cost) FROM repairs WHERE job = '{job}'",
         ("what does a {job} cost on average", "average cost of a {job}")),
    Kind(1.5, "SELECT customer FROM repairs WHERE job = '{job}' AND state = 'waiting'",
         ("who waits for a {job}", "customers waiting for a {job}")),
    Kind(1.5, "SELECT count(*) FROM repairs WHERE day LIKE '{month}%'",
         ("how many repairs did we do in {Month}", "number of repairs in {Month}")),
]  # fmt: skip

LATE = [
    # A table that no question of the first year asked about.
    Kind(3, "SELECT customer FROM rentals WHERE bike = '{bike}'",
         ("who rented the {bike}", "which customers rented the {bike}")),
    Kind(3, "SELECT sum(fee) FROM rentals WHERE bike = '{bike}'",
         ("what did rentals of the {bike} bring in", "rental fees of the {bike}")),
    Kind(3, "SELECT count(*) FROM rentals WHERE day LIKE '{month}%'",
         ("how many rentals did we have in {Month}", "number of rentals in {Month}")),
    # Two words that the shop has begun to use.
    Kind(3, "SELECT customer FROM customers WHERE city = '{city}' AND since <= 2019",
         ("who are our regulars in {city}", "list the regulars from {city}")),
    Kind(3, "SELECT bike FROM bikes WHERE kind = '{kind}' AND stock = 1",
         ("which {kind} bikes are last pieces", "list the last pieces among {kind} bikes")),
    Kind(3, "SELECT bike FROM bikes WHERE brand = '{brand}' AND stock = 1",
         ("which bikes by {brand} are last pieces", "list the last pieces from {brand}")),
]  # fmt: skip

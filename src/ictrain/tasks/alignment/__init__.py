"""The alignment family (appendix C.4): symbols become words of letters, in a fixed order.

What a task declaration needs:

    family = Family()                          settings: size m, length l, order, automata
    default = Dictionary.load(small_base() / "dictionary.json")
    task = task_dictionary(seed, "task", family.automata, default, share=0.3)
    changed = draw_dictionary(seed, "changed", family.automata, unlike=[default, task])
    text = draw_input(rng, symbols, 2, "zipf")  'Ka To'
    family.output(text, task, rng)             'rijj'
    near_duplicate(text, rng), inserted(text, rng, symbols), exact_repeat(text)
    family.accuracy(output, text, task), family.exact(output, text, task)
"""

from ictrain.tasks.alignment.automata import Automaton, AutomatonSettings
from ictrain.tasks.alignment.dictionaries import (
    Dictionary,
    draw_dictionary,
    letter_table,
    task_dictionary,
)
from ictrain.tasks.alignment.family import Family, pool_symbols
from ictrain.tasks.alignment.inputs import (
    draw_input,
    exact_repeat,
    inserted,
    near_duplicate,
    symbol_weights,
)
from ictrain.tasks.alignment.symbols import LETTERS, SYMBOLS, join, split

__all__ = [
    "LETTERS",
    "SYMBOLS",
    "Automaton",
    "AutomatonSettings",
    "Dictionary",
    "Family",
    "draw_dictionary",
    "draw_input",
    "exact_repeat",
    "inserted",
    "join",
    "letter_table",
    "near_duplicate",
    "pool_symbols",
    "split",
    "symbol_weights",
    "task_dictionary",
]

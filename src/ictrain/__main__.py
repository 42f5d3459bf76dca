"""`python -m ictrain`, and so `accelerate launch -m ictrain`, are the command `ictrain`."""

from ictrain.cli import main

main()

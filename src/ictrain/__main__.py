"""`python -m ictrain`, and so `accelerate launch -m ictrain`, are the command `ictrain`."""

from ictrain.cli import main

if __name__ == "__main__":
    main()

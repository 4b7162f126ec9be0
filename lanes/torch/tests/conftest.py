"""One thread: the models are tiny, and threads that wait for each other cost more than they compute. What all tests need is imported once."""

import atexit
import gc
import os

os.environ["OMP_NUM_THREADS"] = "1"

import torch

torch.set_num_threads(1)

from process import warm

warm()  # Before a test could change anything that the forks would have of it.
gc.freeze()  # A million objects of PyTorch that no collection has to go through, but that at the end.
atexit.register(gc.unfreeze)

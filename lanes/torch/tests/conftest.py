"""One thread: the models are tiny, and threads that wait for each other cost more than they compute."""

import os

os.environ["OMP_NUM_THREADS"] = "1"

import torch

torch.set_num_threads(1)

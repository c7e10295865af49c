"""The training room: one loop, and a folder a system with its networks, tasks and recipes.

Needs `pip install 'jndkit[train]'`.

jnd train resjnd-s --set data.train=FOLDER --set data.valid=FOLDER --set lr=1e-4
torchrun --nproc-per-node 2 -m -- jndkit train resjnd-s --set data.train=FOLDER --set data.valid=FOLDER
"""

"""The training room: one loop, one recipe file a model. Needs `pip install 'jndkit[train]'`.

jnd train resjnd-s --set lr=1e-4
torchrun --nproc-per-node 2 -m -- jndkit train resjnd-s
"""

"""The published test of HVS-SD JND: noise in the shape of the map, and the PSNR of every colour.

Source: `test.py` of the published code: y = clip(x + strength r J), r = +-1, one pattern for R, G and B.
"""

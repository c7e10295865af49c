"""A study from a folder of pictures: crops that fit the screen, coded around the predicted threshold, frozen."""

from jndkit.study.making.make import TEXTS, Making, make, schedule

__all__ = ["TEXTS", "Making", "make", "schedule"]

"""Calibration tests of the battery: are the probabilities right as a whole, in parts and over the months?"""

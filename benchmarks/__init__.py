"""Measurements, each as ratios within one run: machines differ, and are seldom alone."""

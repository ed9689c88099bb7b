"""Readers and writers of data sets and files, and simulated occlusion."""

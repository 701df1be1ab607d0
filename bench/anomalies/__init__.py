"""The anomaly benchmark: scripts of frames through the product's own reading and detectors."""

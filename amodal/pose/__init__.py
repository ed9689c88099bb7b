"""Another pose for a car: its appearance as a code, the new pose as a map of parts."""

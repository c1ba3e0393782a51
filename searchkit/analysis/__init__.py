"""How does text become terms? Words by script, Korean morphology, English stems, identifiers."""

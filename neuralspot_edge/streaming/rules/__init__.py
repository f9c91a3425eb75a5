"""How time passes each kind of operator."""

"""What did the user ask? From query text to a plan of terms."""

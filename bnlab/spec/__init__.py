"""What an experiment is: plain, validated data, and its URL and file forms."""

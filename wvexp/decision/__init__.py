"""Behind `wvexp.decide`: which runs to train, in what time, and what they say."""

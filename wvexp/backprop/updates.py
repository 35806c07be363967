"""The numbers by which the compiled engine knows the update rules."""

ADAM, ADAGRAD, SGD, ADADELTA = 0, 1, 2, 3

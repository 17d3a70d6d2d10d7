# Stands for Eigen 5.
add_library(Eigen3::Eigen INTERFACE IMPORTED)

message(FATAL_ERROR "the API reference needs doxygen and awk (on Debian and Ubuntu: sudo apt-get install doxygen)")

// The parts of Asio and Beast that are not templates, once for the program.

#include <boost/asio/impl/src.hpp>
#include <boost/beast/src.hpp>

#include <gtest/gtest.h>

#include <pier/core/cicp.hpp>

#include <gtest/gtest.h>

#include <pier/core/log.hpp>

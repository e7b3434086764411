#include <gtest/gtest.h>

#include <pier/core/concurrency.hpp>

#pragma once
// A drawing as a list of shapes: made once, written as SVG or onto a page of the PDF. Units are CSS pixels (1/96 inch).

#include <string>
#include <vector>

namespace pier::reports {

struct Point {
  double x = 0, y = 0;
};

/// Colours are "#rrggbb"; empty: none.
struct Shape {
  enum class Kind { kLine, kArea, kBox, kDot, kText };
  Kind kind = Kind::kLine;
  std::vector<Point> points;  // line and area; box: two corners; dot and text: one
  std::string stroke, fill;
  double width = 1;    // of the stroke; dot: radius
  double opacity = 1;  // of all
  bool dashed = false;
  std::string text;
  double size = 11;  // of text
  enum class Anchor { kStart, kMiddle, kEnd } anchor = Anchor::kStart;
  bool rotated = false;  // text upwards
};

class Drawing {
 public:
  Drawing(double width, double height, std::string description)
      : x_width(width), x_height(height), x_description(std::move(description)) {}

  void line(std::vector<Point> points, std::string colour, double width = 1, bool dashed = false, double opacity = 1);
  void area(std::vector<Point> points, std::string fill, double opacity = 1, std::string stroke = "");
  void box(Point from, Point to, std::string fill, double opacity = 1);
  void dot(Point at, double radius, std::string fill, std::string stroke = "");
  void text(Point at, std::string text, double size, std::string colour, Shape::Anchor anchor = Shape::Anchor::kStart);
  void text_upwards(Point at, std::string text, double size, std::string colour);

  double width() const { return x_width; }
  double height() const { return x_height; }
  const std::string& description() const { return x_description; }  // for those who cannot see it
  const std::vector<Shape>& shapes() const { return x_shapes; }

 private:
  double x_width, x_height;
  std::string x_description;
  std::vector<Shape> x_shapes;
};

/// An <svg> element that fits the width it is given.
std::string to_svg(const Drawing& drawing);

}  // namespace pier::reports

#include "drawing.hpp"

#include "markup.hpp"

namespace pier::reports {
namespace {

const char* anchor_name(Shape::Anchor anchor) {
  switch (anchor) {
    case Shape::Anchor::kStart:
      return "start";
    case Shape::Anchor::kMiddle:
      return "middle";
    case Shape::Anchor::kEnd:
      return "end";
  }
  return "start";
}

std::string attribute(const char* name, const std::string& value) {
  return std::string(" ") + name + "=\"" + escape(value) + "\"";
}
std::string attribute(const char* name, double value) {
  return std::string(" ") + name + "=\"" + short_number(value, 2) + "\"";
}

std::string style(const Shape& shape) {
  std::string text = attribute("fill", shape.fill.empty() ? "none" : shape.fill);
  if (!shape.stroke.empty()) text += attribute("stroke", shape.stroke) + attribute("stroke-width", shape.width);
  if (shape.dashed) text += attribute("stroke-dasharray", std::string("3 3"));
  if (shape.opacity < 1) text += attribute("opacity", shape.opacity);
  return text;
}

std::string points_of(const Shape& shape) {
  std::string text;
  for (const Point& point : shape.points) {
    if (!text.empty()) text += ' ';
    text += short_number(point.x, 2) + "," + short_number(point.y, 2);
  }
  return text;
}

std::string text_element(const Shape& shape) {
  const Point at = shape.points[0];
  std::string out = "<text" + attribute("font-size", shape.size) + attribute("fill", shape.fill);
  if (shape.anchor != Shape::Anchor::kStart) out += attribute("text-anchor", std::string(anchor_name(shape.anchor)));
  if (shape.rotated) {
    out += attribute("transform", "translate(" + short_number(at.x, 2) + " " + short_number(at.y, 2) + ") rotate(-90)");
  } else {
    out += attribute("x", at.x) + attribute("y", at.y);
  }
  return out + ">" + escape(shape.text) + "</text>";
}

std::string element(const Shape& shape) {
  switch (shape.kind) {
    case Shape::Kind::kLine:
      return "<polyline points=\"" + points_of(shape) + "\"" + style(shape) + "/>";
    case Shape::Kind::kArea:
      return "<polygon points=\"" + points_of(shape) + "\"" + style(shape) + "/>";
    case Shape::Kind::kBox: {
      const Point a = shape.points[0], b = shape.points[1];
      return "<rect" + attribute("x", a.x) + attribute("y", a.y) + attribute("width", b.x - a.x) +
             attribute("height", b.y - a.y) + style(shape) + "/>";
    }
    case Shape::Kind::kDot: {
      Shape outline = shape;
      outline.width = 1;
      return "<circle" + attribute("cx", shape.points[0].x) + attribute("cy", shape.points[0].y) +
             attribute("r", shape.width) + style(outline) + "/>";
    }
    case Shape::Kind::kText:
      return text_element(shape);
  }
  return {};
}

}  // namespace

void Drawing::line(std::vector<Point> points, std::string colour, double width, bool dashed, double opacity) {
  Shape shape;
  shape.kind = Shape::Kind::kLine;
  shape.points = std::move(points);
  shape.stroke = std::move(colour);
  shape.width = width;
  shape.dashed = dashed;
  shape.opacity = opacity;
  if (shape.points.size() > 1) x_shapes.push_back(std::move(shape));
}

void Drawing::area(std::vector<Point> points, std::string fill, double opacity, std::string stroke) {
  Shape shape;
  shape.kind = Shape::Kind::kArea;
  shape.points = std::move(points);
  shape.fill = std::move(fill);
  shape.stroke = std::move(stroke);
  shape.opacity = opacity;
  if (shape.points.size() > 2) x_shapes.push_back(std::move(shape));
}

void Drawing::box(Point from, Point to, std::string fill, double opacity) {
  Shape shape;
  shape.kind = Shape::Kind::kBox;
  shape.points = {from, to};
  shape.fill = std::move(fill);
  shape.opacity = opacity;
  if (to.x > from.x && to.y > from.y) x_shapes.push_back(std::move(shape));
}

void Drawing::dot(Point at, double radius, std::string fill, std::string stroke) {
  Shape shape;
  shape.kind = Shape::Kind::kDot;
  shape.points = {at};
  shape.fill = std::move(fill);
  shape.stroke = std::move(stroke);
  shape.width = radius;
  x_shapes.push_back(std::move(shape));
}

void Drawing::text(Point at, std::string text, double size, std::string colour, Shape::Anchor anchor) {
  Shape shape;
  shape.kind = Shape::Kind::kText;
  shape.points = {at};
  shape.text = std::move(text);
  shape.size = size;
  shape.fill = std::move(colour);
  shape.anchor = anchor;
  x_shapes.push_back(std::move(shape));
}

void Drawing::text_upwards(Point at, std::string words, double size, std::string colour) {
  text(at, std::move(words), size, std::move(colour), Shape::Anchor::kMiddle);
  x_shapes.back().rotated = true;
}

std::string to_svg(const Drawing& drawing) {
  const std::string width = short_number(drawing.width(), 0), height = short_number(drawing.height(), 0);
  std::string out = "<svg role=\"img\" viewBox=\"0 0 " + width + " " + height + "\" width=\"" + width + "\" height=\"" +
                    height + "\"><title>" + escape(drawing.description()) + "</title>\n";
  for (const Shape& shape : drawing.shapes()) out += element(shape) + "\n";
  return out + "</svg>\n";
}

}  // namespace pier::reports

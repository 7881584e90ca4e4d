#pragma once

#include <memory>
#include <utility>

namespace sql {

/// Owns one T, which may still be incomplete, with the semantics of a value: copies and compares deeply, never empty
/// except after a move.
template <class T>
class Box {
 public:
  Box(T value);
  Box(const Box& other);
  Box(Box&& other) noexcept : held_(std::move(other.held_)) {}
  Box& operator=(const Box& other) {
    if (this != &other) *this = Box(other);
    return *this;
  }
  Box& operator=(Box&& other) noexcept {
    held_ = std::move(other.held_);
    return *this;
  }
  ~Box();

  T& operator*() { return *held_; }
  const T& operator*() const { return *held_; }
  T* operator->() { return held_.get(); }
  const T* operator->() const { return held_.get(); }
  bool operator==(const Box& other) const { return *held_ == *other.held_; }

 private:
  std::unique_ptr<T> held_;
};

template <class T>
Box<T>::Box(T value) : held_(std::make_unique<T>(std::move(value))) {}
template <class T>
Box<T>::Box(const Box& other) : held_(std::make_unique<T>(*other.held_)) {}
template <class T>
Box<T>::~Box() = default;

}  // namespace sql

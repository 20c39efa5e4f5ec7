// An ordered map whose copies share their nodes: copying is one reference, a change copies the path
// to the root.
//
// It is what makes metadata images cheap: a controller decides on one version while a hundred
// connections read another, and a change of one topic among ten thousand costs a dozen small
// allocations.  A treap: each node's heap priority is drawn from a hash of its key, so the same
// content has the same shape on every machine and the depth is logarithmic. A map is immutable to
// its holders once shared; nodes never change, so images may be read from any shard.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace cluster::metadata {

template <typename Key, typename Value>
class PersistentMap {
  struct Node;
  using NodePtr = std::shared_ptr<const Node>;
  struct Node {
    Key key;
    Value value;
    uint64_t priority;
    NodePtr left;
    NodePtr right;
  };

 public:
  // Visits in the order of keys: `for (auto [key, value] : map)`.
  class Iterator {
   public:
    explicit Iterator(const Node* root) { descend(root); }
    std::pair<const Key&, const Value&> operator*() const {
      return {path_.back()->key, path_.back()->value};
    }
    Iterator& operator++() {
      const Node* node = path_.back();
      path_.pop_back();
      descend(node->right.get());
      return *this;
    }
    bool operator!=(std::nullptr_t) const { return !path_.empty(); }

   private:
    void descend(const Node* node) {
      for (; node != nullptr; node = node->left.get()) path_.push_back(node);
    }
    std::vector<const Node*> path_;
  };

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  Iterator begin() const { return Iterator(root_.get()); }
  std::nullptr_t end() const { return nullptr; }

  // Null if there is none; the pointer holds as long as any map that shares the node.
  template <typename Lookup>
  const Value* find(const Lookup& key) const {
    const Node* node = root_.get();
    while (node != nullptr) {
      if (key < node->key) {
        node = node->left.get();
      } else if (node->key < key) {
        node = node->right.get();
      } else {
        return &node->value;
      }
    }
    return nullptr;
  }
  template <typename Lookup>
  bool contains(const Lookup& key) const {
    return find(key) != nullptr;
  }

  void insert_or_assign(Key key, Value value) {
    if (find(key) != nullptr) {
      root_ = assigned(root_, key, std::move(value));
      return;
    }
    const uint64_t priority = priority_of(key);
    root_ = inserted(root_, std::make_shared<Node>(Node{std::move(key), std::move(value), priority,
                                                        nullptr, nullptr}));
    ++size_;
  }

  bool erase(const Key& key) {
    if (find(key) == nullptr) return false;
    root_ = erased(root_, key);
    --size_;
    return true;
  }

  bool operator==(const PersistentMap& other) const {
    if (root_ == other.root_) return true;
    if (size_ != other.size_) return false;
    auto theirs = other.begin();
    for (auto [key, value] : *this) {
      auto [their_key, their_value] = *theirs;
      if (!(key == their_key) || !(value == their_value)) return false;
      ++theirs;
    }
    return true;
  }

 private:
  static uint64_t priority_of(const Key& key) {
    // Mixed again: the standard hash of an integer is the integer.
    uint64_t z = static_cast<uint64_t>(std::hash<Key>{}(key)) + 0x9E3779B97F4A7C15;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }

  static NodePtr with_children(const Node& node, NodePtr left, NodePtr right) {
    return std::make_shared<Node>(
        Node{node.key, node.value, node.priority, std::move(left), std::move(right)});
  }

  static NodePtr assigned(const NodePtr& node, const Key& key, Value value) {
    if (key < node->key) {
      return with_children(*node, assigned(node->left, key, std::move(value)), node->right);
    }
    if (node->key < key) {
      return with_children(*node, node->left, assigned(node->right, key, std::move(value)));
    }
    return std::make_shared<Node>(
        Node{node->key, std::move(value), node->priority, node->left, node->right});
  }

  static NodePtr inserted(const NodePtr& node, std::shared_ptr<Node> fresh) {
    if (node == nullptr) return fresh;
    if (fresh->priority > node->priority) {
      auto [left, right] = split(node, fresh->key);
      fresh->left = std::move(left);
      fresh->right = std::move(right);
      return fresh;
    }
    if (fresh->key < node->key) {
      return with_children(*node, inserted(node->left, std::move(fresh)), node->right);
    }
    return with_children(*node, node->left, inserted(node->right, std::move(fresh)));
  }

  // What is less than `key` and what is greater; `key` itself is absent.
  static std::pair<NodePtr, NodePtr> split(const NodePtr& node, const Key& key) {
    if (node == nullptr) return {nullptr, nullptr};
    if (node->key < key) {
      auto [left, right] = split(node->right, key);
      return {with_children(*node, node->left, std::move(left)), std::move(right)};
    }
    auto [left, right] = split(node->left, key);
    return {std::move(left), with_children(*node, std::move(right), node->right)};
  }

  static NodePtr erased(const NodePtr& node, const Key& key) {
    if (key < node->key) return with_children(*node, erased(node->left, key), node->right);
    if (node->key < key) return with_children(*node, node->left, erased(node->right, key));
    return joined(node->left, node->right);
  }

  static NodePtr joined(const NodePtr& left, const NodePtr& right) {
    if (left == nullptr) return right;
    if (right == nullptr) return left;
    if (left->priority > right->priority) {
      return with_children(*left, left->left, joined(left->right, right));
    }
    return with_children(*right, joined(left, right->left), right->right);
  }

  NodePtr root_;
  size_t size_ = 0;
};

}  // namespace cluster::metadata

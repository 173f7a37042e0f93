package io.portcullis.policy.model;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A weight-balanced search tree whose nodes never change (Adams, "Efficient sets: a balancing act", 1993; parameters of Hirai and
 * Yamamoto, "Balancing weight-balanced trees", 2011). Null is the tree without a name. Depth is logarithmic whatever the names.
 */
@SuppressWarnings("ReferenceEquality") // what is shared is told by reference
final class NameTree<V> {
    /** No subtree weighs more than this many times its sibling. */
    private static final int MAX_RATIO = 3;
    /** A rotation is single if the inner subtree weighs less than this many times the outer one. */
    private static final int ROTATION_RATIO = 2;

    private final String name;
    private final V value;
    private final @Nullable NameTree<V> left;
    private final @Nullable NameTree<V> right;
    /** Names in the tree. */
    private final int size;

    private NameTree(String name, V value, @Nullable NameTree<V> left, @Nullable NameTree<V> right) {
        this.name = name;
        this.value = value;
        this.left = left;
        this.right = right;
        size = sizeOf(left) + sizeOf(right) + 1;
    }

    String name() {
        return name;
    }

    V value() {
        return value;
    }

    @Nullable
    NameTree<V> left() {
        return left;
    }

    @Nullable
    NameTree<V> right() {
        return right;
    }

    /** A tree cut at a name. */
    private record Cut<V>(
            @Nullable NameTree<V> below,
            @Nullable NameTree<V> at,
            @Nullable NameTree<V> above) {}

    static int sizeOf(@Nullable NameTree<?> tree) {
        return tree == null ? 0 : tree.size;
    }

    /** A tree of these entries, ascending by name. */
    static <V> @Nullable NameTree<V> balanced(List<Map.Entry<String, V>> entries, int first, int end) {
        if (first == end) {
            return null;
        }
        int middle = (first + end) >>> 1;
        Map.Entry<String, V> entry = entries.get(middle);
        return new NameTree<>(
                entry.getKey(), entry.getValue(), balanced(entries, first, middle), balanced(entries, middle + 1, end));
    }

    static <V> @Nullable NameTree<V> find(@Nullable NameTree<V> tree, String name) {
        NameTree<V> next = tree;
        while (next != null) {
            int order = name.compareTo(next.name);
            if (order == 0) {
                return next;
            }
            next = order < 0 ? next.left : next.right;
        }
        return null;
    }

    static <V> NameTree<V> with(@Nullable NameTree<V> tree, String name, V value) {
        if (tree == null) {
            return new NameTree<>(name, value, null, null);
        }
        int order = name.compareTo(tree.name);
        if (order == 0) {
            return tree.value == value ? tree : new NameTree<>(name, value, tree.left, tree.right);
        }
        if (order < 0) {
            NameTree<V> left = with(tree.left, name, value);
            return left == tree.left ? tree : balance(tree.name, tree.value, left, tree.right);
        }
        NameTree<V> right = with(tree.right, name, value);
        return right == tree.right ? tree : balance(tree.name, tree.value, tree.left, right);
    }

    static <V> @Nullable NameTree<V> without(@Nullable NameTree<V> tree, String name) {
        if (tree == null) {
            return null;
        }
        int order = name.compareTo(tree.name);
        if (order == 0) {
            return concatenate(tree.left, tree.right);
        }
        if (order < 0) {
            NameTree<V> left = without(tree.left, name);
            return left == tree.left ? tree : balance(tree.name, tree.value, left, tree.right);
        }
        NameTree<V> right = without(tree.right, name);
        return right == tree.right ? tree : balance(tree.name, tree.value, tree.left, right);
    }

    /** The names from this one on. */
    static <V> @Nullable NameTree<V> from(@Nullable NameTree<V> tree, String name) {
        Cut<V> cut = cut(tree, name);
        return cut.at == null ? cut.above : join(cut.at, null, cut.above);
    }

    /** The names before this one. */
    static <V> @Nullable NameTree<V> below(@Nullable NameTree<V> tree, String name) {
        return cut(tree, name).below;
    }

    static <V> void compare(
            @Nullable NameTree<V> before, @Nullable NameTree<V> after, NameMap.Differences<? super V> differences) {
        if (before == after) {
            return;
        }
        if (before == null) {
            NameTree<V> added = Objects.requireNonNull(after);
            compare(null, added.left, differences);
            differences.accept(added.name, null, added.value);
            compare(null, added.right, differences);
            return;
        }
        Cut<V> cut = cut(after, before.name);
        compare(before.left, cut.below, differences);
        if (cut.at == null) {
            differences.accept(before.name, before.value, null);
        } else if (cut.at.value != before.value && !cut.at.value.equals(before.value)) {
            differences.accept(before.name, before.value, cut.at.value);
        }
        compare(before.right, cut.above, differences);
    }

    static boolean equal(@Nullable NameTree<?> one, @Nullable NameTree<?> other) {
        if (one == other) {
            return true;
        }
        if (one == null || other == null || one.size != other.size) {
            return false;
        }
        Cut<?> cut = cut(other, one.name);
        return cut.at != null
                && (one.value == cut.at.value || one.value.equals(cut.at.value))
                && equal(one.left, cut.below)
                && equal(one.right, cut.above);
    }

    /** Allocates nothing but the answer where the tree's root has the name, as it mostly does in trees of one origin. */
    private static <V> Cut<V> cut(@Nullable NameTree<V> tree, String name) {
        if (tree == null) {
            return new Cut<>(null, null, null);
        }
        int order = name.compareTo(tree.name);
        if (order == 0) {
            return new Cut<>(tree.left, tree, tree.right);
        }
        if (order < 0) {
            Cut<V> cut = cut(tree.left, name);
            return new Cut<>(cut.below, cut.at, join(tree, cut.above, tree.right));
        }
        Cut<V> cut = cut(tree.right, name);
        return new Cut<>(join(tree, tree.left, cut.below), cut.at, cut.above);
    }

    /** The root's name and value between two trees of any sizes. */
    private static <V> NameTree<V> join(NameTree<V> root, @Nullable NameTree<V> left, @Nullable NameTree<V> right) {
        if (left == root.left && right == root.right) {
            return root;
        }
        if (left != null && weight(left) > MAX_RATIO * weight(right)) {
            return balance(left.name, left.value, left.left, join(root, left.right, right));
        }
        if (right != null && weight(right) > MAX_RATIO * weight(left)) {
            return balance(right.name, right.value, join(root, left, right.left), right.right);
        }
        return new NameTree<>(root.name, root.value, left, right);
    }

    /** Two trees that are siblings. */
    private static <V> @Nullable NameTree<V> concatenate(@Nullable NameTree<V> left, @Nullable NameTree<V> right) {
        if (left == null) {
            return right;
        }
        if (right == null) {
            return left;
        }
        if (left.size > right.size) {
            NameTree<V> last = left;
            while (last.right != null) {
                last = last.right;
            }
            return balance(last.name, last.value, without(left, last.name), right);
        }
        NameTree<V> first = right;
        while (first.left != null) {
            first = first.left;
        }
        return balance(first.name, first.value, left, without(right, first.name));
    }

    private static int weight(@Nullable NameTree<?> tree) {
        return sizeOf(tree) + 1;
    }

    /** A node over two trees of which one may have become heavier or lighter by a name. */
    private static <V> NameTree<V> balance(
            String name, V value, @Nullable NameTree<V> left, @Nullable NameTree<V> right) {
        if (right != null && weight(right) > MAX_RATIO * weight(left)) {
            NameTree<V> inner = right.left;
            if (inner == null || weight(inner) < ROTATION_RATIO * weight(right.right)) {
                return new NameTree<>(right.name, right.value, new NameTree<>(name, value, left, inner), right.right);
            }
            return new NameTree<>(
                    inner.name,
                    inner.value,
                    new NameTree<>(name, value, left, inner.left),
                    new NameTree<>(right.name, right.value, inner.right, right.right));
        }
        if (left != null && weight(left) > MAX_RATIO * weight(right)) {
            NameTree<V> inner = left.right;
            if (inner == null || weight(inner) < ROTATION_RATIO * weight(left.left)) {
                return new NameTree<>(left.name, left.value, left.left, new NameTree<>(name, value, inner, right));
            }
            return new NameTree<>(
                    inner.name,
                    inner.value,
                    new NameTree<>(left.name, left.value, left.left, inner.left),
                    new NameTree<>(name, value, inner.right, right));
        }
        return new NameTree<>(name, value, left, right);
    }
}

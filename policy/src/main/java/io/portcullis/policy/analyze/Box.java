package io.portcullis.policy.analyze;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A product of sets, one a side: all points whose every coordinate is in the set of its side. Never empty. Immutable. */
final class Box {
    private final NumberSet[] sides;

    private Box(NumberSet[] sides) {
        this.sides = sides;
    }

    /** None of the sides may be empty. */
    static Box of(NumberSet... sides) {
        return new Box(sides.clone());
    }

    NumberSet side(int index) {
        return sides[index];
    }

    boolean covers(Box other) {
        for (int i = 0; i < sides.length; i++) {
            if (!sides[i].containsAll(other.sides[i])) {
                return false;
            }
        }
        return true;
    }

    boolean meets(Box other) {
        for (int i = 0; i < sides.length; i++) {
            if (!sides[i].intersects(other.sides[i])) {
                return false;
            }
        }
        return true;
    }

    /** What both have in common; null if nothing. */
    @Nullable
    Box and(Box other) {
        if (!meets(other)) {
            return null;
        }
        NumberSet[] common = new NumberSet[sides.length];
        for (int i = 0; i < sides.length; i++) {
            common[i] = sides[i].and(other.sides[i]);
        }
        return new Box(common);
    }

    /** Adds to {@code rest} what of this is not in the other: at most as many boxes as there are sides, none of which meet. */
    void minus(Box other, List<Box> rest) {
        if (!meets(other)) {
            rest.add(this);
            return;
        }
        NumberSet[] left = sides.clone();
        for (int i = 0; i < left.length; i++) {
            NumberSet outside = left[i].minus(other.sides[i]);
            if (!outside.isEmpty()) {
                NumberSet[] piece = left.clone();
                piece[i] = outside;
                rest.add(new Box(piece));
                left[i] = left[i].and(other.sides[i]);
            }
        }
    }

    /** What of these boxes is in none of the others; null if that falls into more than {@code most} pieces on the way. */
    static @Nullable List<Box> minus(List<Box> boxes, List<Box> others, int most) {
        List<Box> left = boxes;
        for (Box other : others) {
            List<Box> rest = new ArrayList<>();
            for (Box box : left) {
                box.minus(other, rest);
            }
            if (rest.size() > most) {
                return null;
            }
            left = rest;
        }
        return left;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Box box && Arrays.equals(sides, box.sides);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(sides);
    }

    @Override
    public String toString() {
        return Arrays.toString(sides);
    }
}

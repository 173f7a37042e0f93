package io.portcullis.migration.model;

import java.util.ArrayList;
import java.util.List;

/**
 * What follows from an input of one side of a migration.
 *
 * @param state from now on
 * @param orders to be run in this order; what comes of them is an input again
 */
public record Transition<S, O>(S state, List<O> orders) {
    public Transition {
        orders = List.copyOf(orders);
    }

    static <S, O> Transition<S, O> to(S state) {
        return new Transition<>(state, List.of());
    }

    static <S, O> Transition<S, O> to(S state, O order) {
        return new Transition<>(state, List.of(order));
    }

    /** The same, and {@code order} last. */
    Transition<S, O> then(O order) {
        List<O> all = new ArrayList<>(orders);
        all.add(order);
        return new Transition<>(state, all);
    }
}

package io.portcullis.loadtest.vm;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;

/** The answers to one series of echo requests that are numbered from 1. Guarded by the stack's lock. */
final class EchoSeries {
    private final int sent;
    private final List<Integer> answers = new ArrayList<>();

    EchoSeries(int sent) {
        this.sent = sent;
    }

    void answered(int number) {
        answers.add(number);
    }

    boolean isComplete() {
        return distinct() == sent;
    }

    VmSockets.PingResult result() {
        int highest = 0;
        int reordered = 0;
        for (int number : answers) {
            if (number < highest) {
                reordered++;
            }
            highest = Math.max(highest, number);
        }
        return new VmSockets.PingResult(sent, distinct(), answers.size() - distinct(), reordered);
    }

    private int distinct() {
        return new HashSet<>(answers).size();
    }
}

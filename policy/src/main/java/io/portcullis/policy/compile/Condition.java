package io.portcullis.policy.compile;

import java.util.ArrayList;
import java.util.List;

/** An expression whose names are resolved. Says the same of every workload as the expression, from what the indexes know. */
sealed interface Condition {
    boolean holds(WorkloadNode workload);

    /** Postings among whose workloads all are for which this holds; few workloads, if there is a choice. */
    List<Posting> cover(Posting everyone);

    /** Asks the posting and not the VM: its numbers lie side by side, and a VM's labels wherever they were put. */
    record Simple(Posting posting) implements Condition {
        @Override
        public boolean holds(WorkloadNode workload) {
            return posting.workloads.contains(workload.number);
        }

        @Override
        public List<Posting> cover(Posting everyone) {
            return List.of(posting);
        }
    }

    record InGroup(GroupNode group) implements Condition {
        @Override
        public boolean holds(WorkloadNode workload) {
            return group.members.workloads.contains(workload.number);
        }

        @Override
        public List<Posting> cover(Posting everyone) {
            return List.of(group.members);
        }
    }

    record All(List<Condition> operands) implements Condition {
        @Override
        public boolean holds(WorkloadNode workload) {
            for (Condition operand : operands) {
                if (!operand.holds(workload)) {
                    return false;
                }
            }
            return true;
        }

        @Override
        public List<Posting> cover(Posting everyone) {
            List<Posting> cheapest = List.of(everyone);
            for (Condition operand : operands) {
                List<Posting> cover = operand.cover(everyone);
                if (cost(cover) < cost(cheapest)) {
                    cheapest = cover;
                }
            }
            return cheapest;
        }

        private static long cost(List<Posting> cover) {
            long cost = 0;
            for (Posting posting : cover) {
                cost += posting.cost();
            }
            return cost;
        }
    }

    record Some(List<Condition> operands) implements Condition {
        @Override
        public boolean holds(WorkloadNode workload) {
            for (Condition operand : operands) {
                if (operand.holds(workload)) {
                    return true;
                }
            }
            return false;
        }

        @Override
        public List<Posting> cover(Posting everyone) {
            List<Posting> all = new ArrayList<>();
            operands.forEach(operand -> all.addAll(operand.cover(everyone)));
            return all;
        }
    }

    record Not(Condition operand) implements Condition {
        @Override
        public boolean holds(WorkloadNode workload) {
            return !operand.holds(workload);
        }

        @Override
        public List<Posting> cover(Posting everyone) {
            return List.of(everyone);
        }
    }
}

package io.portcullis.vnic;

import io.portcullis.policy.model.ModelChange;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.TenantModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The newest revisions of a tenant, oldest first, without a gap. Stored, as part of {@link TenantState}, so it is in each snapshot and
 * outlives the events from which it came. Bounded by {@link #MAX_REVISIONS} and {@link #MAX_WEIGHT}: what is older is forgotten, one
 * revision after the other; the last change can always be undone.
 */
record TenantHistory(List<PastRevision> revisions) {
    /** Revisions that are remembered. */
    static final int MAX_REVISIONS = 1_000;
    /** Objects, rules, members and addresses in all their undo edits together. */
    static final long MAX_WEIGHT = 100_000;

    static final TenantHistory NONE = new TenantHistory(List.of());

    /** Names that a summary lists. */
    private static final int MAX_LISTED = 5;

    TenantHistory {
        revisions = List.copyOf(revisions);
    }

    static TenantHistory created(TenantEvent.TenantCreated created) {
        return new TenantHistory(List.of(PastRevision.first(created)));
    }

    TenantHistory edited(TenantEvent.TenantEdited event, TenantModel before, TenantModel after) {
        List<ModelChange> changes = ModelChange.made(before, after, event.edits());
        List<ModelEdit> undo = changes.stream().map(ModelChange::undo).toList();
        List<PastRevision> next = new ArrayList<>(revisions);
        next.add(PastRevision.edited(event, summary(changes, before, after), undo));
        long weight = next.stream().mapToLong(PastRevision::weight).sum();
        int forgotten = 0;
        while (forgotten < next.size() - 1 && (next.size() - forgotten > MAX_REVISIONS || weight > MAX_WEIGHT)) {
            weight -= next.get(forgotten++).weight();
        }
        return new TenantHistory(next.subList(forgotten, next.size()));
    }

    private static String summary(List<ModelChange> changes, TenantModel before, TenantModel after) {
        List<String> words = changes.stream()
                .flatMap(change -> switch (change.kind()) {
                    case CLOCK -> ActivityWords.between(before, after);
                    // what is in it is not for everyone who may see the history
                    case PROVIDER ->
                        Stream.of(
                                "adopted provider revision " + after.provider().revision());
                    case TENANT, SEGMENT, SERVICE, GROUP, VM, POLICY, STAGED_POLICY, EXCLUSION, QUOTA ->
                        Stream.of(change.title() + " " + change.effect().name().toLowerCase(Locale.ROOT));
                })
                .toList();
        String listed = words.stream().limit(MAX_LISTED).collect(Collectors.joining(", "));
        return words.size() > MAX_LISTED ? listed + " and " + (words.size() - MAX_LISTED) + " more" : listed;
    }

    /** The oldest revision whose model is known; {@code current} if nothing is remembered. */
    long oldest(long current) {
        if (revisions.isEmpty()) {
            return current;
        }
        PastRevision oldest = revisions.getFirst();
        return oldest.first() ? oldest.revision() : oldest.revision() - 1;
    }

    /** The model as it was at that revision; empty if that is not known (any more), or not yet. */
    Optional<TenantModel> model(TenantModel current, long revision) {
        if (revision > current.revision() || revision < oldest(current.revision())) {
            return Optional.empty();
        }
        List<ModelEdit> undo = new ArrayList<>();
        for (PastRevision past : revisions.reversed()) {
            if (past.revision() > revision) {
                undo.addAll(past.undo());
            }
        }
        return Optional.of(current.replayed(undo, revision));
    }

    TenantReply replyTo(TenantCommand.GetModelAt get, TenantModel current, RecentEdits recent) {
        return model(current, get.revision())
                .<TenantReply>map(model -> new TenantReply.Model(model, recent.version(model.revision())))
                .orElseGet(() ->
                        new TenantReply.NoRevision(get.revision(), oldest(current.revision()), current.revision()));
    }

    TenantReply replyTo(TenantCommand.GetHistory get, TenantModel current) {
        List<TenantReply.Revision> page = revisions.reversed().stream()
                .filter(past -> past.revision() < get.before())
                .limit(get.limit())
                .map(past ->
                        new TenantReply.Revision(past.revision(), past.by(), past.at(), past.note(), past.summary()))
                .toList();
        return new TenantReply.History(page, oldest(current.revision()), current.revision());
    }
}

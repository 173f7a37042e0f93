package io.portcullis.vnic;

import io.portcullis.policy.model.EditResult;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.TenantIsolation;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.vnic.parcel.Parcels;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.SortedSet;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.apache.pekko.persistence.typed.javadsl.Effect;
import org.apache.pekko.persistence.typed.javadsl.EffectFactories;
import org.jspecify.annotations.Nullable;

/**
 * The way of an edit of a tenant's model: checked against the model as it is, journaled as one revision, distributed, answered. An edit that brings VLANs new to
 * the tenant waits until the registry has reserved them, and while one {@link #isWaiting waits}, no other may be begun; without an answer nothing is
 * changed. VLANs that an edit gives up become free after it is journaled, never before.
 *
 * <p>Belongs to {@link TenantPolicy}, on its thread.
 */
final class TenantEditing {
    /** An edit of more is compiled while it is journaled; below it, a thread more costs what it gains. */
    private static final int COMPILED_AHEAD_WEIGHT = 1_000;

    /** Is told how an edit ended. */
    interface Answer {
        /**
         * It has ended.
         *
         * @param changed the new model; null if nothing was changed
         */
        void tell(TenantReply reply, @Nullable TenantModel changed);
    }

    private final EffectFactories<TenantEvent, TenantState> effects;
    private final Clock clock;
    private final TenantClock time;
    private final RuleBook book;
    private final TenantVlans vlans;
    private final TenantDiscovery discovery;
    private final Parcels parcels;
    private final Executor compiling;
    private final Consumer<TenantState> distribute;

    /** What the edit that is being journaled makes of the model: large edits need not be made twice. */
    private EditResult.@Nullable Accepted journaling;
    /** The edit that waits for its VLANs. */
    private TenantCommand.@Nullable Edit reserving;

    /** @param distribute what is to be done with each new state, before the edit is answered */
    TenantEditing(
            EffectFactories<TenantEvent, TenantState> effects,
            Clock clock,
            TenantClock time,
            RuleBook book,
            TenantVlans vlans,
            TenantDiscovery discovery,
            Parcels parcels,
            Executor compiling,
            Consumer<TenantState> distribute) {
        this.effects = effects;
        this.clock = clock;
        this.time = time;
        this.book = book;
        this.vlans = vlans;
        this.discovery = discovery;
        this.parcels = parcels;
        this.compiling = compiling;
        this.distribute = distribute;
    }

    /** The tenant's actor begins, again. */
    void recovered() {
        reserving = null;
    }

    boolean isWaiting() {
        return reserving != null;
    }

    /** The state after an event, journaled now or played back. */
    TenantState after(TenantState state, TenantEvent event) {
        EditResult.Accepted made = journaling;
        journaling = null;
        return made != null
                        && event instanceof TenantEvent.TenantEdited edited
                        && edited.revision() == made.model().revision()
                ? state.edited(edited, made.model())
                : state.after(event);
    }

    Effect<TenantEvent, TenantState> onEdit(TenantState state, TenantCommand.Edit edit) {
        TenantModel model = state.model();
        if (model == null) {
            return answer(edit, new TenantReply.UnknownTenant(state.tenant()));
        }
        if (isStale(edit.expectedRevision(), model)) {
            return answer(edit, new TenantReply.StaleRevision(model.revision()));
        }
        List<ModelEdit> edits = EditResolver.resolve(model, edit.edits());
        EditResult result = model.apply(edits);
        if (result instanceof EditResult.Accepted accepted
                && !accepted.model().segments().equals(model.segments())) {
            SortedSet<Integer> wanted = TenantIsolation.vlans(model);
            if (wanted.addAll(TenantIsolation.vlans(accepted.model()))) {
                reserving = edit;
                vlans.reserve(edit, wanted);
                return effects.none();
            }
        }
        return edit(model, edits, result, edit.by(), edit.note(), answerTo(edit, edits));
    }

    /** The model is the one for which the VLANs were asked: edits that came since are stashed. */
    Effect<TenantEvent, TenantState> onVlansAnswered(TenantState state, TenantCommand.VlansAnswered answered) {
        TenantCommand.Edit edit = answered.edit();
        TenantModel model = state.model();
        if (!edit.equals(reserving) || model == null) {
            return effects.none();
        }
        reserving = null;
        RegistryCommand.VlanReply reply = answered.reply();
        List<ModelEdit> edits = EditResolver.resolve(model, edit.edits());
        if (reply != null && reply.taken().isEmpty()) {
            return edit(model, edits, model.apply(edits), edit.by(), edit.note(), answerTo(edit, edits));
        }
        if (reply != null && model.apply(edits) instanceof EditResult.Accepted accepted) {
            edit.replyTo().tell(new TenantReply.Rejected(TenantIsolation.problems(accepted.model(), reply.taken())));
        } else {
            vlans.keep(model);
            edit.replyTo().tell(TenantVlans.SILENT_REGISTRY);
        }
        return effects.none().thenUnstashAll();
    }

    /** Says what an edit would come to, and changes nothing. */
    Effect<TenantEvent, TenantState> onCheckEdit(TenantState state, TenantCommand.CheckEdit check) {
        TenantModel model = state.model();
        if (model == null) {
            return answer(check, new TenantReply.UnknownTenant(state.tenant()));
        }
        if (isStale(check.expectedRevision(), model)) {
            return answer(check, new TenantReply.StaleRevision(model.revision()));
        }
        return switch (model.apply(EditResolver.resolve(model, check.edits()))) {
            case EditResult.Refused refused -> answer(check, new TenantReply.Rejected(refused.problems()));
            case EditResult.Accepted accepted
            when !accepted.changed() -> answer(check, new TenantReply.Acceptable(model.revision(), false));
            case EditResult.Accepted accepted -> {
                vlans.check(accepted, check);
                yield effects.none();
            }
        };
    }

    /** An edit that is not an operator's; brings no VLANs. */
    Effect<TenantEvent, TenantState> edit(TenantModel model, List<ModelEdit> edits, String by, Answer answer) {
        return edit(model, edits, model.apply(edits), by, "", answer);
    }

    private Effect<TenantEvent, TenantState> edit(
            TenantModel model, List<ModelEdit> edits, EditResult result, String by, String note, Answer answer) {
        return switch (result) {
            case EditResult.Refused refused -> {
                answer.tell(new TenantReply.Rejected(refused.problems()), null);
                yield effects.none().thenUnstashAll();
            }
            case EditResult.Accepted accepted
            when !accepted.changed() -> {
                answer.tell(new TenantReply.Applied(model.revision(), false), null);
                yield effects.none().thenUnstashAll();
            }
            case EditResult.Accepted accepted -> journal(model, edits, accepted, by, note, answer);
        };
    }

    private Effect<TenantEvent, TenantState> journal(
            TenantModel model,
            List<ModelEdit> edits,
            EditResult.Accepted accepted,
            String by,
            String note,
            Answer answer) {
        long revision = accepted.model().revision();
        Instant now = clock.instant();
        List<ModelEdit> all = time.join(edits, model, accepted.model(), now);
        // the time in it may make another model
        journaling = all.equals(edits) ? accepted : null;
        if (journaling != null && EditWeight.of(edits) > COMPILED_AHEAD_WEIGHT) {
            book.prepare(accepted.model(), compiling);
        }
        return effects.persist(new TenantEvent.TenantEdited(revision, all, by, now, note))
                .thenRun((TenantState next) -> {
                    distribute.accept(next);
                    answer.tell(new TenantReply.Applied(revision, true), accepted.model());
                    if (!accepted.model().segments().equals(model.segments())
                            && !TenantIsolation.vlans(accepted.model()).containsAll(TenantIsolation.vlans(model))) {
                        vlans.keep(accepted.model());
                    }
                })
                .thenUnstashAll();
    }

    private static boolean isStale(@Nullable Long expected, TenantModel model) {
        return expected != null && expected != model.revision();
    }

    /** Also tells hosts, if the edits say which addresses their vNICs have. */
    private Answer answerTo(TenantCommand.Edit edit, List<ModelEdit> edits) {
        return (reply, model) -> {
            if (model != null) {
                discovery.overruled(model, edits);
            }
            edit.replyTo().tell(reply);
        };
    }

    private Effect<TenantEvent, TenantState> answer(TenantCommand.Request request, TenantReply reply) {
        reply.tellTo(request.replyTo(), parcels);
        return effects.none();
    }
}

package io.portcullis.migration.model;

import io.portcullis.vnic.RefusalCode;
import io.portcullis.vnic.VmSpec;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How the source of a migration takes its VM back. Each vNIC asks the destination through its own tunnel, and a tunnel may have ended for good while that of
 * another vNIC of the VM has not: so first all that can ask do, and what cannot is taken back only when none has heard that the destination enforces.
 * A destination enforces all of a VM's vNICs or none of them, so that one word is enough. Pure.
 */
public final class TakingBack {
    private TakingBack() {}

    /**
     * Whether the vNICs that have not come back are to be taken without a word of the destination.
     *
     * @param refusals of those vNICs that have not come back when they were asked back
     */
    public static boolean takesRestUnheard(List<Refusal> refusals) {
        return !refusals.isEmpty()
                && refusals.stream().allMatch(refusal -> refusal.code() == RefusalCode.HOST_UNAVAILABLE);
    }

    /**
     * Why the VM is not back; null if it is. That the destination enforces is final, whichever vNIC has heard it; anything else of only a part says nothing of the VM.
     *
     * @param refusals of those vNICs that have not come back
     */
    public static @Nullable Refusal whyNot(VmSpec spec, List<Refusal> refusals) {
        for (Refusal refusal : refusals) {
            if (refusal.code() == RefusalCode.TOO_LATE) {
                return refusal;
            }
        }
        if (refusals.isEmpty()) {
            return null;
        }
        Refusal first = refusals.getFirst();
        return refusals.size() == spec.vnics().size()
                ? first
                : new Refusal(
                        RefusalCode.WRONG_STATE, "only a part of VM " + spec.vm() + " is back: " + first.message());
    }
}

package io.portcullis.vnic;

import io.portcullis.vnic.parcel.Parcels;

/** How far a tenant's vNICs are, as the hosts say. One thread. */
record VnicProgress(RuleBook book, HostSubscriptions subscriptions, Parcels parcels)
        implements RealizationAnswers.Progress {
    @Override
    public long revision() {
        return book.revision();
    }

    @Override
    public boolean isRealized(long revision) {
        return subscriptions.isRealized(revision, book);
    }

    @Override
    public void answer(TenantCommand.GetRealization get) {
        new TenantReply.Realization(book.revision(), subscriptions.realization(book)).tellTo(get.replyTo(), parcels);
    }
}

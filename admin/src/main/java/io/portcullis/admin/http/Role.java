package io.portcullis.admin.http;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** What a token may do; each role has the rights of those before it. */
public enum Role {
    /** Reads. */
    VIEWER,
    /** Changes what there is: documents, tags, placements, hosts. */
    EDITOR,
    /** Makes and deletes tokens. */
    ADMIN;

    /** The role of that name in the API. */
    public static Optional<Role> of(String name) {
        return Arrays.stream(values()).filter(role -> role.word().equals(name)).findFirst();
    }

    /** As the API writes it. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}

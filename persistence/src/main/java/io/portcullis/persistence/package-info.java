/** Journal, snapshot and checkpoint formats, serializers and schemas. Every stored format carries a version. */
@org.jspecify.annotations.NullMarked
package io.portcullis.persistence;

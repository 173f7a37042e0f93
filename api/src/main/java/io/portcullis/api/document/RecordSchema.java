package io.portcullis.api.document;

import java.lang.reflect.AnnotatedType;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a document must be to become a record. Looked up once per type, as reflection takes longer than all else that is done with a small
 * object. Immutable.
 */
record RecordSchema(List<Field> fields, List<String> names, Constructor<?> constructor) {
    private static final ClassValue<RecordSchema> KNOWN = new ClassValue<>() {
        @Override
        protected RecordSchema computeValue(Class<?> type) {
            return read(type);
        }
    };

    /** One component. */
    record Field(String name, AnnotatedType type, boolean required) {}

    static RecordSchema of(Class<?> type) {
        return KNOWN.get(type);
    }

    private static RecordSchema read(Class<?> type) {
        List<Field> fields = new ArrayList<>();
        RecordComponent[] components = type.getRecordComponents();
        for (RecordComponent component : components) {
            AnnotatedType fieldType = component.getAnnotatedType();
            fields.add(new Field(component.getName(), fieldType, !fieldType.isAnnotationPresent(Nullable.class)));
        }
        Class<?>[] types =
                Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
        try {
            return new RecordSchema(
                    List.copyOf(fields), fields.stream().map(Field::name).toList(), type.getDeclaredConstructor(types));
        } catch (NoSuchMethodException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    Object construct(@Nullable Object[] arguments) {
        try {
            return constructor.newInstance(arguments);
        } catch (InvocationTargetException refused) {
            throw new IllegalStateException(refused.getCause());
        } catch (ReflectiveOperationException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}

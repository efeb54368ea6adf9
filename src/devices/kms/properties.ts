/** The properties of one KMS object by name: a snapshot of values; ids and enum entries never change. */
import { UnsupportedError } from '../../errors';
import type { KmsObjectType, KmsProperty, KmsPropertyValue } from '../../native/kms';

/** include/uapi/drm/drm_mode.h */
export const DRM_MODE_PROP_BLOB = 1 << 4;

/**
 * The properties of a card's objects as they are when first asked for: each property of an object is a call of the kernel, and
 * those of a display have several readers.
 */
export class FirstProperties {
  readonly #read: (objectId: number, type: KmsObjectType) => PropertySet;
  readonly #sets = new Map<number, PropertySet>();

  constructor(card: { properties(objectId: number, type: KmsObjectType): PropertySet }) {
    this.#read = (objectId, type) => card.properties(objectId, type);
  }

  of(objectId: number, type: KmsObjectType): PropertySet {
    const known = this.#sets.get(objectId) ?? this.#read(objectId, type);
    this.#sets.set(objectId, known);
    return known;
  }
}

export class PropertySet {
  readonly objectId: number;
  readonly #object: string;
  readonly #byName: ReadonlyMap<string, KmsProperty>;

  /** @param object what messages call it: `plane 31 of vkms (/dev/dri/card0)`. */
  constructor(objectId: number, object: string, properties: readonly KmsProperty[]) {
    this.objectId = objectId;
    this.#object = object;
    this.#byName = new Map(properties.map((property) => [property.name, property]));
  }

  has(name: string): boolean {
    return this.#byName.has(name);
  }

  /** The value when the snapshot was taken, or undefined where the object has no such property. */
  value(name: string): number | undefined {
    return this.#byName.get(name)?.value;
  }

  /** Throws {@link UnsupportedError} where the object has no such property. */
  id(name: string): number {
    return this.#require(name).id;
  }

  /** One entry of a commit. Throws {@link UnsupportedError} where the object has no such property. */
  set(name: string, value: number): KmsPropertyValue {
    return { objectId: this.objectId, propertyId: this.id(name), value };
  }

  /** The number of an enum's entry, or undefined where property or entry are missing. */
  enumValue(name: string, entry: string): number | undefined {
    return this.#byName.get(name)?.enums.find((e) => e.name === entry)?.value;
  }

  /** The entry's name that an enum property has now. */
  enumName(name: string): string | undefined {
    const property = this.#byName.get(name);
    return property?.enums.find((e) => e.value === property.value)?.name;
  }

  /** By property id: whether the value is the id of a blob. */
  isBlob(propertyId: number): boolean {
    return ((this.#find(propertyId)?.flags ?? 0) & DRM_MODE_PROP_BLOB) !== 0;
  }

  /** By property id: the value when the snapshot was taken. */
  valueOf(propertyId: number): number | undefined {
    return this.#find(propertyId)?.value;
  }

  #find(propertyId: number): KmsProperty | undefined {
    return [...this.#byName.values()].find((property) => property.id === propertyId);
  }

  #require(name: string): KmsProperty {
    const property = this.#byName.get(name);
    if (!property) {
      throw new UnsupportedError(
        `${this.#object} has no property ${name}, which dmaflow needs: choose another display, ` +
          'or a newer driver.',
      );
    }
    return property;
  }
}

/** Which tokens are taken back: one of the three. */
export type Revocation = (
  | {
      /** Those with this claim `jti`. */
      readonly jti: string;
    }
  | {
      /** All of this user that were issued before now; the present second counts as before. */
      readonly sub: string;
    }
  | {
      /** This one. */
      readonly token: string;
    }
) & {
  /**
   * When the last of them expires, in milliseconds since the Unix epoch: then this is forgotten. Default: that of
   * the token; for the others never.
   */
  readonly expiresAt?: number;
};

export interface Revoked {
  /** Connections that were closed because of it. */
  readonly disconnected: number;
}

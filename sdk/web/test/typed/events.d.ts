// Written by perennial-types from what the server knows. Run it again instead of changing this file.
import '@perennial/web';

declare module '@perennial/web' {
  interface PerennialEvents {
    "Cart Viewed": Record<string, never>;
    /** Somebody paid. Ends in * / here. */
    Purchase: {
      /** With tax. */
      amount: number;
      at?: string | Date;
      coupon?: number | string;
      currency?: "EUR" | "TRY";
      delivery?: {
        city?: string;
      };
      products?: readonly {
        price?: unknown;
        sku?: unknown;
      }[] | {
        price?: readonly unknown[];
        sku?: readonly unknown[];
      };
    };
    favourite: {
      on?: boolean;
    };
  }

  interface PerennialTraits {
    plan?: "free" | "plus";
    visits?: number;
  }
}

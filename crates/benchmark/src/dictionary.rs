//! The words of the generated data: event names in order of frequency, cities, platforms and
//! categories. Codes in a batch are places in these lists.

/// No value.
pub const ABSENT: u8 = u8::MAX;

/// Event names by rank of frequency.
pub const NAMES: [&str; 25] = [
    "App Launched",
    "Product Viewed",
    "Search",
    "Add To Cart",
    "Purchase",
    "Category Viewed",
    "Screen Viewed",
    "Video Watched",
    "Push Received",
    "Wishlist Added",
    "Push Opened",
    "Cart Viewed",
    "Review Read",
    "Filter Applied",
    "Coupon Viewed",
    "Checkout Started",
    "Store Located",
    "Remove From Cart",
    "Article Read",
    "Product Shared",
    "Payment Failed",
    "Review Written",
    "Profile Updated",
    "Support Contacted",
    "Signed Up",
];

/// Code of "App Launched".
pub const APP_LAUNCHED: u8 = 0;
/// Code of "Product Viewed".
pub const PRODUCT_VIEWED: u8 = 1;
/// Code of "Add To Cart".
pub const ADD_TO_CART: u8 = 3;
/// Code of "Purchase".
pub const PURCHASE: u8 = 4;
/// Code of "Signed Up".
pub const SIGNED_UP: u8 = 24;

/// Names whose events have a category: those about one product or category.
pub const WITH_CATEGORY: [u8; 9] = [1, 3, 4, 5, 9, 12, 17, 19, 21];
/// Names whose events have a duration in seconds.
pub const WITH_DURATION: [u8; 3] = [6, 7, 18];
/// Names whose events have an amount.
pub const WITH_AMOUNT: [u8; 2] = [ADD_TO_CART, PURCHASE];

/// Platforms by frequency.
pub const PLATFORMS: [&str; 3] = ["android", "ios", "web"];

/// Categories by frequency.
pub const CATEGORIES: [&str; 20] = [
    "Shoes",
    "Dresses",
    "Electronics",
    "Home",
    "Beauty",
    "Toys",
    "Sports",
    "Books",
    "Garden",
    "Groceries",
    "Jewellery",
    "Bags",
    "Watches",
    "Baby",
    "Pets",
    "Music",
    "Games",
    "Tools",
    "Office",
    "Travel",
];

/// Cities by frequency.
pub const CITIES: [&str; 50] = [
    "Istanbul",
    "Jakarta",
    "London",
    "Berlin",
    "Madrid",
    "Paris",
    "Ankara",
    "Rome",
    "Warsaw",
    "Lagos",
    "Cairo",
    "Mumbai",
    "Delhi",
    "Dhaka",
    "Karachi",
    "Lima",
    "Bogota",
    "Santiago",
    "Toronto",
    "Chicago",
    "Houston",
    "Miami",
    "Boston",
    "Seattle",
    "Denver",
    "Austin",
    "Lisbon",
    "Porto",
    "Vienna",
    "Prague",
    "Budapest",
    "Athens",
    "Oslo",
    "Stockholm",
    "Helsinki",
    "Dublin",
    "Zurich",
    "Geneva",
    "Milan",
    "Naples",
    "Izmir",
    "Bursa",
    "Antalya",
    "Adana",
    "Konya",
    "Sydney",
    "Perth",
    "Auckland",
    "Osaka",
    "Nagoya",
];

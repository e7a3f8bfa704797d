//! What the simulated shop's audience is like, in numbers.

/// Behaviour of the audience. The crate page has the sources and the reasons of the defaults. A value
/// outside its sensible range counts as the nearest one inside it, so that every shop ends.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameters {
    /// Expected number of people who open the app for the first time between start and end.
    pub users: u32,
    /// Arrivals per day at the end of the history, divided by those at its start; from the end on
    /// they stay level.
    pub growth: f64,
    /// Extra activity and arrivals at the height of the pre-Christmas season, as a fraction.
    pub holiday_peak: f64,
    /// Campaigns per year; each lasts three to seven days.
    pub campaigns_per_year: u32,
    /// Arrivals on a campaign's days, as a multiple of ordinary days.
    pub campaign_arrivals: f64,
    /// Share of people who sign up during onboarding.
    pub sign_up: f64,
    /// Chance per later session that someone who has not signed up does.
    pub sign_up_later: f64,
    /// Share of signed-up people who also use a second device.
    pub second_device: f64,
    /// Mean sessions per day of an active person, over all of them.
    pub sessions_per_day: f64,
    /// Shape of the gamma distribution of session rates; smaller means more unequal.
    pub sessions_shape: f64,
    /// First parameter of the beta distribution of the chance to become inactive after a session.
    pub dropout_a: f64,
    /// Second parameter of it.
    pub dropout_b: f64,
    /// Share of those who become inactive that come back.
    pub win_back: f64,
    /// Median days that those stay away.
    pub away_days: f64,
    /// Share of people whose session rate decays rather than stops at once.
    pub drift: f64,
    /// Days in which the rate of a drifting person halves.
    pub drift_half_life_days: f64,
    /// Share of those who become inactive for good that uninstall the app.
    pub uninstall: f64,
    /// Share of people who are loyal by nature: they come three times as often and stay.
    pub loyal: f64,
    /// Mean number of things looked at in a session.
    pub views: f64,
    /// Chance that a session of an average, returning person puts something into the cart.
    pub cart: f64,
    /// Chance that a session with a cart goes on to the checkout.
    pub checkout: f64,
    /// Chance that a checkout ends in a purchase.
    pub purchase: f64,
    /// Median price of a product, in the shop's currency.
    pub price: f64,
    /// Standard deviation of the logarithm of prices.
    pub price_sigma: f64,
    /// Standard deviation of the logarithm of a person's level of prices.
    pub taste_sigma: f64,
    /// Share of purchases that are refunded.
    pub refund: f64,
    /// Share of purchases that are reviewed.
    pub review: f64,
    /// Share of purchases that lead to a question to support.
    pub support: f64,
    /// Chance per session to switch notifications off.
    pub opt_out: f64,
    /// Share of sessions on a phone without network, delivered when it is back.
    pub offline: f64,
}

impl Default for Parameters {
    fn default() -> Parameters {
        Parameters {
            users: 20_000,
            growth: 1.6,
            holiday_peak: 0.6,
            campaigns_per_year: 8,
            campaign_arrivals: 2.5,
            sign_up: 0.55,
            sign_up_later: 0.15,
            second_device: 0.08,
            sessions_per_day: 0.03,
            sessions_shape: 0.7,
            dropout_a: 0.8,
            dropout_b: 4.5,
            win_back: 0.25,
            away_days: 70.0,
            drift: 0.25,
            drift_half_life_days: 60.0,
            uninstall: 0.35,
            loyal: 0.06,
            views: 6.0,
            cart: 0.33,
            checkout: 0.55,
            purchase: 0.7,
            price: 18.0,
            price_sigma: 0.8,
            taste_sigma: 0.8,
            refund: 0.05,
            review: 0.12,
            support: 0.03,
            opt_out: 0.006,
            offline: 0.05,
        }
    }
}

impl Parameters {
    /// The default audience with another number of people; events follow in proportion, about 60
    /// a person over two years.
    pub fn with_users(users: u32) -> Parameters {
        Parameters { users, ..Parameters::default() }
    }

    /// Every value inside the range in which the simulation makes sense and ends.
    pub(super) fn within_bounds(mut self) -> Parameters {
        let p = &mut self;
        p.users = p.users.min(10_000_000);
        p.campaigns_per_year = p.campaigns_per_year.min(26);
        let shares = [
            &mut p.sign_up,
            &mut p.sign_up_later,
            &mut p.second_device,
            &mut p.win_back,
            &mut p.drift,
            &mut p.uninstall,
            &mut p.loyal,
            &mut p.cart,
            &mut p.checkout,
            &mut p.purchase,
            &mut p.refund,
            &mut p.review,
            &mut p.support,
            &mut p.opt_out,
            &mut p.offline,
        ];
        shares.into_iter().for_each(|share| hold(share, 0.0, 1.0));
        hold(&mut p.growth, 0.01, 100.0);
        hold(&mut p.holiday_peak, 0.0, 10.0);
        hold(&mut p.campaign_arrivals, 1.0, 20.0);
        hold(&mut p.sessions_per_day, 0.0, 50.0);
        hold(&mut p.sessions_shape, 0.05, 100.0);
        hold(&mut p.dropout_a, 0.05, 100.0);
        hold(&mut p.dropout_b, 0.05, 100.0);
        hold(&mut p.away_days, 1.0, 3_650.0);
        hold(&mut p.drift_half_life_days, 0.1, 3_650.0);
        hold(&mut p.views, 1.0, 100.0);
        hold(&mut p.price, 0.01, 1_000_000.0);
        hold(&mut p.price_sigma, 0.0, 3.0);
        hold(&mut p.taste_sigma, 0.0, 3.0);
        self
    }
}

/// NaN counts as the least value.
fn hold(value: &mut f64, least: f64, most: f64) {
    *value = if value.is_nan() { least } else { value.clamp(least, most) };
}

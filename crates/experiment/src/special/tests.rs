use super::*;

/// Every golden value, to 1e-10 of its size.
#[test]
fn golden_values_are_met() {
    let table = include_str!("../../golden/special.tsv");
    let mut n = 0;
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        let mut fields = line.split('\t');
        let name = fields.next().unwrap();
        let mut numbers: Vec<f64> = fields.map(|field| field.parse().unwrap()).collect();
        let expected = numbers.pop().unwrap();
        let found = match (name, numbers.as_slice()) {
            ("ln_gamma", [x]) => ln_gamma(*x),
            ("ln_beta", [a, b]) => ln_beta(*a, *b),
            ("normal_cdf", [z]) => normal_cdf(*z),
            ("normal_two_sided", [z]) => normal_two_sided(*z),
            ("normal_quantile", [p]) => normal_quantile(*p),
            ("student_two_sided", [t, df]) => student_two_sided(*t, *df),
            ("student_cdf", [t, df]) => student_cdf(*t, *df),
            ("student_quantile", [p, df]) => student_quantile(*p, *df),
            ("chi_squared_tail", [x, df]) => chi_squared_tail(*x, *df),
            ("chi_squared_cdf", [x, df]) => chi_squared_cdf(*x, *df),
            ("incomplete_beta", [a, b, x]) => incomplete_beta(*a, *b, *x, 1.0 - x),
            ("ln_choose", [n, k]) => ln_choose(*n as u64, *k as u64),
            _ => panic!("no such function: {line}"),
        };
        // Logarithms and quantiles pass through zero, where only an absolute error has a meaning.
        let absolute = name.starts_with("ln_") || name.ends_with("quantile");
        let scale = if absolute { expected.abs().max(1.0) } else { expected.abs() };
        assert!((found - expected).abs() <= 1e-10 * scale, "{line}: found {found:e}");
        n += 1;
    }
    assert!(n > 100, "the table is there: {n}");
}

#[test]
fn quantiles_and_distributions_undo_each_other() {
    for i in 1..200 {
        let p = f64::from(i) / 200.0;
        assert!((normal_cdf(normal_quantile(p)) - p).abs() < 1e-13, "{p}");
        for df in [0.7, 1.0, 2.5, 30.0, 1e4, 1e8] {
            let t = student_quantile(p, df);
            assert!((student_cdf(t, df) - p).abs() < 1e-12, "{p} {df}");
        }
    }
}

#[test]
fn outside_the_domain_the_answer_is_nan() {
    assert!(ln_gamma(0.0).is_nan() && ln_gamma(-1.0).is_nan());
    assert!(normal_quantile(-0.1).is_nan() && normal_quantile(f64::NAN).is_nan());
    assert!(student_quantile(0.5, 0.0).is_nan() && student_two_sided(f64::NAN, 3.0).is_nan());
    assert!(chi_squared_tail(-1.0, 2.0).is_nan() && chi_squared_cdf(1.0, -2.0).is_nan());
    assert!(incomplete_beta(1.0, 0.0, 0.5, 0.5).is_nan());
    assert_eq!(normal_quantile(0.0), f64::NEG_INFINITY);
    assert_eq!(chi_squared_tail(f64::INFINITY, 3.0), 0.0);
}

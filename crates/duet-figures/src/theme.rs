//! One look for all figures: colours that survive colour blindness and grey print, and sizes of text.

/// An sRGB colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rgb(pub u8, pub u8, pub u8);

impl Rgb {
    /// The colour that lies the fraction `t` of the way to `other`, channel by channel.
    ///
    /// ```
    /// use duet_figures::Rgb;
    /// assert_eq!(Rgb(0, 100, 200).toward(Rgb(100, 200, 0), 0.5), Rgb(50, 150, 100));
    /// ```
    #[must_use]
    pub fn toward(self, other: Self, t: f64) -> Self {
        let t = if t.is_finite() { t.clamp(0.0, 1.0) } else { 0.0 };
        let mix = |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * t).round() as u8;
        Self(mix(self.0, other.0), mix(self.1, other.1), mix(self.2, other.2))
    }

    /// Perceived lightness, 0 (black) to 1 (white): which ink can be read on this colour?
    pub fn lightness(self) -> f64 {
        (0.299 * f64::from(self.0) + 0.587 * f64::from(self.1) + 0.114 * f64::from(self.2)) / 255.0
    }

    /// "#rrggbb".
    pub fn hex(self) -> String {
        format!("#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }
}

/// Shape of a side's markers, so that sides stay apart without colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marker {
    /// A filled circle.
    Circle,
    /// A filled square.
    Square,
    /// A filled triangle, point up.
    Triangle,
    /// A filled diamond.
    Diamond,
}

/// Colours and sizes (CSS pixels).
#[derive(Clone, Debug, PartialEq)]
pub struct Theme {
    /// Text and axes.
    pub ink: Rgb,
    /// Secondary text.
    pub muted: Rgb,
    /// Grid lines.
    pub grid: Rgb,
    /// Faint fills.
    pub wash: Rgb,
    /// The ground everything is drawn on.
    pub paper: Rgb,
    /// Colours of the sides, in the scenario's order (Okabe and Ito 2008, darkest first).
    pub sides: [Rgb; 6],
    /// Ends of the diverging map for signed values: negative, positive. Neither is a side's colour.
    pub diverging: [Rgb; 2],
    /// Size of a drawing's title.
    pub title: f64,
    /// Size of labels and names.
    pub label: f64,
    /// Size of tick labels and notes.
    pub tick: f64,
}

impl Default for Theme {
    fn default() -> Self {
        Self {
            ink: Rgb(0x1f, 0x23, 0x28),
            muted: Rgb(0x59, 0x63, 0x6e),
            grid: Rgb(0xe2, 0xe6, 0xea),
            wash: Rgb(0xf4, 0xf6, 0xf8),
            paper: Rgb(0xff, 0xff, 0xff),
            sides: [
                Rgb(0x00, 0x72, 0xb2),
                Rgb(0xd5, 0x5e, 0x00),
                Rgb(0x00, 0x9e, 0x73),
                Rgb(0xcc, 0x79, 0xa7),
                Rgb(0xe6, 0x9f, 0x00),
                Rgb(0x56, 0xb4, 0xe9),
            ],
            diverging: [Rgb(0x5e, 0x3c, 0x99), Rgb(0xb3, 0x58, 0x06)],
            title: 16.0,
            label: 12.5,
            tick: 11.5,
        }
    }
}

impl Theme {
    /// The colour of the side at `index`; more than six sides share colours and differ in their markers.
    pub fn side(&self, index: usize) -> Rgb {
        self.sides[index % self.sides.len()]
    }

    /// The marker of the side at `index`.
    pub fn marker(&self, index: usize) -> Marker {
        [Marker::Circle, Marker::Square, Marker::Triangle, Marker::Diamond][index % 4]
    }

    /// Radius of the markers of the line at `index` of `lines` that may lie on each other: what is drawn later is smaller,
    /// so that nothing is hidden.
    pub fn nested(&self, index: usize, lines: usize) -> f64 {
        let step = (2.4 / lines.saturating_sub(1).max(1) as f64).min(1.0);
        2.9 + step * lines.saturating_sub(1 + index) as f64
    }

    /// Paper to a dark shade of `color`: for shares and counts, `t` in 0..1.
    pub fn sequential(&self, color: Rgb, t: f64) -> Rgb {
        let dark = color.toward(Rgb(0, 0, 0), 0.25);
        self.paper.toward(dark, t)
    }

    /// Negative to positive through paper, `t` in -1..1, in 33 steps: few enough to draw an image in 33 strokes.
    pub fn signed(&self, t: f64) -> Rgb {
        let t = if t.is_finite() { (t.clamp(-1.0, 1.0) * 16.0).round() / 16.0 } else { 0.0 };
        self.paper.toward(self.diverging[usize::from(t >= 0.0)], t.abs())
    }

    /// The ink that can be read on `ground`.
    pub fn on(&self, ground: Rgb) -> Rgb {
        if ground.lightness() < 0.55 { self.paper } else { self.ink }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance and contrast after WCAG 2, with `powf` written as the standard has it.
    #[allow(clippy::disallowed_methods)]
    fn contrast(a: Rgb, b: Rgb) -> f64 {
        let luminance = |Rgb(r, g, b): Rgb| {
            let linear = |channel: u8| {
                let c = f64::from(channel) / 255.0;
                if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
            };
            0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
        };
        let (a, b) = (luminance(a) + 0.05, luminance(b) + 0.05);
        if a > b { a / b } else { b / a }
    }

    #[test]
    fn text_can_be_read() {
        let theme = Theme::default();
        assert!(contrast(theme.ink, theme.paper) > 12.0);
        assert!(contrast(theme.muted, theme.wash) > 4.5);
        for side in theme.sides {
            for step in 0..=20 {
                let ground = theme.sequential(side, f64::from(step) / 20.0);
                assert!(contrast(theme.on(ground), ground) > 3.0, "{ground:?}");
            }
        }
    }

    #[test]
    fn colours_differ_from_each_other_and_from_the_diverging_map() {
        let theme = Theme::default();
        for (at, a) in theme.sides.iter().enumerate() {
            assert!(theme.sides[at + 1..].iter().chain(&theme.diverging).all(|b| a != b));
        }
        assert_eq!(theme.signed(0.0), theme.paper);
        assert_eq!(theme.signed(-2.0), theme.diverging[0]);
        assert_eq!(theme.signed(f64::NAN), theme.paper);
    }
}

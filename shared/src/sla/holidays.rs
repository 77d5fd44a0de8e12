//! Colombian public holidays, computed for any year (Ley 51 de 1983; R-404).
//!
//! Six stay on their date, seven move to the following Monday, two are fixed to Easter (Holy Thursday and Good Friday), and
//! three depend on Easter and move to Monday. Two may fall on one day, as on 4 July 2011.

use chrono::{Datelike, Days, NaiveDate};

/// One public holiday of one year, on the day when it is observed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holiday {
    /// The day off, already moved to Monday where the law says so.
    pub date: NaiveDate,
    /// Its Spanish name.
    pub name_es: &'static str,
    /// Its English name.
    pub name_en: &'static str,
}

#[derive(Clone, Copy)]
enum Rule {
    Fixed { month: u32, day: u32 },
    NextMonday { month: u32, day: u32 },
    Easter { offset_days: isize },
}

struct Entry {
    rule: Rule,
    name_es: &'static str,
    name_en: &'static str,
}

const fn entry(rule: Rule, name_es: &'static str, name_en: &'static str) -> Entry {
    Entry {
        rule,
        name_es,
        name_en,
    }
}

/// Articles 1 and 2 of the law. The offsets from Easter are those of the observed day: the feasts of the Ascension (39),
/// Corpus Christi (60) and the Sacred Heart (68) are kept on the Monday after.
const COLOMBIA: [Entry; 18] = [
    entry(
        Rule::Fixed { month: 1, day: 1 },
        "Año Nuevo",
        "New Year's Day",
    ),
    entry(
        Rule::NextMonday { month: 1, day: 6 },
        "Día de los Reyes Magos",
        "Epiphany",
    ),
    entry(
        Rule::NextMonday { month: 3, day: 19 },
        "Día de San José",
        "Saint Joseph's Day",
    ),
    entry(
        Rule::Easter { offset_days: -3 },
        "Jueves Santo",
        "Holy Thursday",
    ),
    entry(
        Rule::Easter { offset_days: -2 },
        "Viernes Santo",
        "Good Friday",
    ),
    entry(
        Rule::Fixed { month: 5, day: 1 },
        "Día del Trabajo",
        "Labour Day",
    ),
    entry(
        Rule::Easter { offset_days: 43 },
        "Ascensión del Señor",
        "Ascension Day",
    ),
    entry(
        Rule::Easter { offset_days: 64 },
        "Corpus Christi",
        "Corpus Christi",
    ),
    entry(
        Rule::Easter { offset_days: 71 },
        "Sagrado Corazón de Jesús",
        "Sacred Heart",
    ),
    entry(
        Rule::NextMonday { month: 6, day: 29 },
        "San Pedro y San Pablo",
        "Saints Peter and Paul",
    ),
    entry(
        Rule::Fixed { month: 7, day: 20 },
        "Día de la Independencia",
        "Independence Day",
    ),
    entry(
        Rule::Fixed { month: 8, day: 7 },
        "Batalla de Boyacá",
        "Battle of Boyacá",
    ),
    entry(
        Rule::NextMonday { month: 8, day: 15 },
        "Asunción de la Virgen",
        "Assumption of Mary",
    ),
    entry(
        Rule::NextMonday { month: 10, day: 12 },
        "Día de la Diversidad Étnica y Cultural",
        "Ethnic and Cultural Diversity Day",
    ),
    entry(
        Rule::NextMonday { month: 11, day: 1 },
        "Día de Todos los Santos",
        "All Saints' Day",
    ),
    entry(
        Rule::NextMonday { month: 11, day: 11 },
        "Independencia de Cartagena",
        "Independence of Cartagena",
    ),
    entry(
        Rule::Fixed { month: 12, day: 8 },
        "Inmaculada Concepción",
        "Immaculate Conception",
    ),
    entry(
        Rule::Fixed { month: 12, day: 25 },
        "Navidad",
        "Christmas Day",
    ),
];

/// The 18 holidays of a year, in order of their days; two entries may share a day. Empty outside chrono's range of years.
pub fn colombian_holidays(year: i32) -> Vec<Holiday> {
    let shape = YearShape::of(year);
    let Some(first_day) = NaiveDate::from_ymd_opt(year, 1, 1) else {
        return Vec::new();
    };
    let observed = |entry: &Entry| {
        let date = first_day.checked_add_days(Days::new(shape.day_of(entry.rule) as u64))?;
        Some(Holiday {
            date,
            name_es: entry.name_es,
            name_en: entry.name_en,
        })
    };
    let mut holidays: Vec<Holiday> = COLOMBIA.iter().filter_map(observed).collect();
    holidays.sort_by_key(|holiday| holiday.date);
    holidays
}

/// Whether a day is a Colombian public holiday; does not allocate.
pub fn is_colombian_holiday(date: NaiveDate) -> bool {
    HolidayYear::colombia(date.year()).contains(i64::from(date.ordinal0()))
}

/// The holidays of one year as a set of days, for walks over many days without allocation.
#[derive(Clone, Copy)]
pub(super) struct HolidayYear([u64; 6]);

/// The years that tickets lie in, computed when the program is built: a due time should not have to find Easter first.
static PREPARED: [HolidayYear; 128] = prepared();
const FIRST_PREPARED: i32 = 1984;

const fn prepared() -> [HolidayYear; 128] {
    let mut years = [HolidayYear::EMPTY; 128];
    let mut index = 0;
    while index < years.len() {
        years[index] = HolidayYear::compute(FIRST_PREPARED + index as i32);
        index += 1;
    }
    years
}

impl HolidayYear {
    pub(super) const EMPTY: Self = Self([0; 6]);

    pub(super) fn colombia(year: i32) -> Self {
        let index = usize::try_from(i64::from(year) - i64::from(FIRST_PREPARED)).ok();
        index
            .and_then(|index| PREPARED.get(index))
            .copied()
            .unwrap_or_else(|| Self::compute(year))
    }

    const fn compute(year: i32) -> Self {
        let shape = YearShape::of(year);
        let mut days = [0; 6];
        let mut index = 0;
        while index < COLOMBIA.len() {
            let day = shape.day_of(COLOMBIA[index].rule);
            days[day / 64] |= 1 << (day % 64);
            index += 1;
        }
        Self(days)
    }

    /// Whether the day, counted from 0 at 1 January, is a holiday.
    pub(super) fn contains(&self, day_of_year: i64) -> bool {
        let is_set = |day: usize| {
            self.0
                .get(day / 64)
                .is_some_and(|bits| bits & (1 << (day % 64)) != 0)
        };
        usize::try_from(day_of_year).is_ok_and(is_set)
    }
}

/// What the holidays of a year follow from. Constant functions, and so without chrono and without iterators.
struct YearShape {
    leap: bool,
    /// Weekday of 1 January, Monday is 0.
    first_weekday: usize,
    /// Easter Sunday, counted from 0 at 1 January.
    easter: usize,
}

impl YearShape {
    const fn of(year: i32) -> Self {
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        // Weekdays repeat after 400 years, and 1 January of the year 1 was a Monday.
        let before = (year as i64 - 1).rem_euclid(400);
        let first_weekday = ((before * 365 + before / 4 - before / 100) % 7) as usize;
        let (month, day) = easter_sunday(year);
        Self {
            leap,
            first_weekday,
            easter: day_of_year(leap, month, day),
        }
    }

    /// The observed day, counted from 0 at 1 January. Every rule stays inside its year: the last moved date is 11 November,
    /// and Easter lies between 22 March and 25 April.
    const fn day_of(&self, rule: Rule) -> usize {
        match rule {
            Rule::Fixed { month, day } => day_of_year(self.leap, month, day),
            Rule::NextMonday { month, day } => {
                let base = day_of_year(self.leap, month, day);
                base + (7 - (self.first_weekday + base) % 7) % 7
            }
            Rule::Easter { offset_days } => self.easter.saturating_add_signed(offset_days),
        }
    }
}

const fn day_of_year(leap: bool, month: u32, day: u32) -> usize {
    const BEFORE_MONTH: [u32; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    let leap_day = if leap && month > 2 { 1 } else { 0 };
    (BEFORE_MONTH[(month - 1) as usize] + leap_day + day - 1) as usize
}

/// Month and day of Easter Sunday in the Gregorian calendar, by the algorithm known as Meeus/Jones/Butcher.
const fn easter_sunday(year: i32) -> (u32, u32) {
    // The calendar repeats after 5 700 000 years; the shift keeps every remainder below positive.
    let year = year.rem_euclid(5_700_000) as u32;
    let golden = year % 19;
    let (century, rest) = (year / 100, year % 100);
    let moon =
        (century - century / 4 - (century - (century + 8) / 25 + 1) / 3 + 19 * golden + 15) % 30;
    let weekday = (32 + 2 * (century % 4) + 2 * (rest / 4) - moon - rest % 4) % 7;
    let correction = (golden + 11 * moon + 22 * weekday) / 451;
    let sum = moon + weekday + 114 - 7 * correction;
    (sum / 31, sum % 31 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_has_eighteen_holidays_in_order() {
        let holidays = colombian_holidays(2026);
        let days: Vec<String> = holidays
            .iter()
            .map(|holiday| holiday.date.format("%m-%d").to_string())
            .collect();
        assert_eq!(
            days,
            [
                "01-01", "01-12", "03-23", "04-02", "04-03", "05-01", "05-18", "06-08", "06-15",
                "06-29", "07-20", "08-07", "08-17", "10-12", "11-02", "11-16", "12-08", "12-25",
            ]
        );
    }

    #[test]
    fn two_holidays_may_share_a_day() {
        let fourth_of_july = NaiveDate::from_ymd_opt(2011, 7, 4).expect("a date");
        let names: Vec<&str> = colombian_holidays(2011)
            .iter()
            .filter(|h| h.date == fourth_of_july)
            .map(|h| h.name_es)
            .collect();
        assert_eq!(names, ["Sagrado Corazón de Jesús", "San Pedro y San Pablo"]);
        assert!(is_colombian_holiday(fourth_of_july));
    }

    #[test]
    fn the_set_and_the_list_agree_in_every_year() {
        for year in (1583..2600).chain([-4, 0, 4, 9999, 200_000]) {
            let listed: std::collections::BTreeSet<u32> = colombian_holidays(year)
                .iter()
                .map(|h| h.date.ordinal0())
                .collect();
            let set = HolidayYear::colombia(year);
            let found: std::collections::BTreeSet<u32> = (0..366)
                .filter(|day| set.contains(i64::from(*day)))
                .collect();
            assert_eq!(listed, found, "{year}");
        }
    }
}

//! Many rows of a table in one statement of PostgreSQL, whose text does not depend on how many they are: each column is one
//! bound array. So it is prepared and planned once, for one row as for fifty.

use std::fmt;

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment};
use diesel::serialize::ToSql;
use diesel::sql_types::{Array, HasSqlType, SingleValue};

/// `INSERT INTO table (…) SELECT unnest(…), …`. Built with [`Bulk::set`], a call for each column.
///
/// The text depends on the columns alone, so whoever runs it may give the statement a `QueryId` of its own.
pub struct Bulk<'a, R> {
    table: &'static str,
    rows: Vec<&'a R>,
    columns: Vec<(&'static str, Box<dyn QueryFragment<Pg> + 'a>)>,
}

impl<'a, R> Bulk<'a, R> {
    /// Rows that are to go into a table.
    pub fn new(table: &'static str, rows: impl IntoIterator<Item = &'a R>) -> Self {
        Self {
            table,
            rows: rows.into_iter().collect(),
            columns: Vec::new(),
        }
    }

    /// What the rows have in a column.
    #[must_use]
    pub fn set<C, T>(mut self, _column: C, value: impl Fn(&'a R) -> T) -> Self
    where
        C: Column + 'a,
        C::SqlType: SingleValue + 'static,
        T: ToSql<C::SqlType, Pg> + fmt::Debug + 'a,
        Pg: HasSqlType<C::SqlType>,
    {
        let values = self.rows.iter().map(|row| value(row)).collect();
        let values = Values::<C, T> {
            values,
            column: std::marker::PhantomData,
        };
        self.columns.push((C::NAME, Box::new(values)));
        self
    }
}

impl<R> QueryFragment<Pg> for Bulk<'_, R> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        pass.push_sql("INSERT INTO ");
        pass.push_identifier(self.table)?;
        for (place, (name, _)) in self.columns.iter().enumerate() {
            pass.push_sql(if place == 0 { " (" } else { ", " });
            pass.push_identifier(name)?;
        }
        pass.push_sql(")");
        for (place, (_, values)) in self.columns.iter().enumerate() {
            pass.push_sql(if place == 0 {
                " SELECT unnest("
            } else {
                ", unnest("
            });
            values.walk_ast(pass.reborrow())?;
            pass.push_sql(")");
        }
        Ok(())
    }
}

/// The values of one column.
struct Values<C, T> {
    values: Vec<T>,
    column: std::marker::PhantomData<fn(C)>,
}

impl<C, T> QueryFragment<Pg> for Values<C, T>
where
    C: Column,
    C::SqlType: 'static,
    T: ToSql<C::SqlType, Pg> + fmt::Debug,
    Pg: HasSqlType<C::SqlType>,
{
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        pass.push_bind_param::<Array<C::SqlType>, [T]>(&self.values)
    }
}

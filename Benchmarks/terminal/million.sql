-- Multiplies the published customers to about a million, for `make bench-terminal`: psql -f this on a database of
-- which a run of the demo source published 5,000. A later run of the pipeline replaces them.
do $$
declare
    names text;
    copies text;
begin
    select string_agg(quote_ident(attname), ', ' order by attnum),
        string_agg(case when attname = 'customer_id'
            then 'customer_id + copy * 1000000' else quote_ident(attname) end, ', ' order by attnum)
    into names, copies
    from pg_attribute
    where attrelid = 'analytics.customer_segmentation'::regclass and attnum > 0 and not attisdropped;
    execute format('insert into analytics.customer_segmentation (%s) select %s from analytics.customer_segmentation, '
        'generate_series(1, 199) copy where customer_id <= 1000000', names, copies);
end $$;
analyze analytics.customer_segmentation;

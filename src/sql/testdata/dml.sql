-- Each statement is parsed, printed and parsed again: the trees must be equal.
insert into t values (1, 'a', default), (null, current_timestamp(), 2);
insert overwrite into db.s.t (a, b) select 1, 2;
insert into t (a) (select 1);
insert into t with x as (select 1) select * from x;
insert into t (select 1 union all select 2);
insert into identifier('t') select 1;
insert all into a into b (x, y) values (n, default) into c select n from t;
insert overwrite first when n > 1 then into a when n < 0 or m then into b values (n) into c (z) values (null) else into d select n, m from t;
update t set a = 1, b = default, t.c = a + 1;
update t as x set x.a = s.a, b = s.b from s, (select 1 as k) u left join w on true where x.k = s.k;
delete from t;
delete from t as x using s, (select 1) u where x.a = s.a;
truncate table if exists db.s.t;
truncate t;
merge into customer c using customer_raw cr on c.customer_id = cr.customer_id
  when matched and c.customer_id <> cr.customer_id or c.first_name <> cr.first_name or c.city <> cr.city then update
    set c.customer_id = cr.customer_id, c.first_name = cr.first_name, update_timestamp = current_timestamp()
  when not matched then insert (c.customer_id, c.first_name) values (cr.customer_id, cr.first_name);
merge into t using (select * from s where not (metadata$action = 'DELETE' and metadata$isupdate)) x on t.id = x.id and t.a = x.a
  when matched and x.metadata$action = 'DELETE' then delete
  when matched and x.metadata$action = 'INSERT' then update set v = x.v
  when not matched and x.metadata$action = 'INSERT' or x.y then insert (id, v) values (x.id, default)
  when not matched then insert values (x.id, 1);
merge into t as a using values (1, 2) as v (x, y) on a.x = v.x when matched then update all by name when not matched then insert all by name;
begin;
begin transaction name "my t";
start transaction;
commit work;
rollback;
set v = 1 + 1;
set (a, b) = (1, 'x');
set (a, b) = (select 1, 2);
unset v;
unset (a, b);
begin let x := 1; return x; end;
declare x int default 1; begin if (x = 1) then return case when true then 1 end; end if; exception when other then raise; end;
